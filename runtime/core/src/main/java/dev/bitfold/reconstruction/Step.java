package dev.bitfold.reconstruction;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds layers that read the same input, and the moments of that input: those that weights are
 * fitted to, and those that they are judged by.
 */
final class Step {
  /** One batch in so many is for judging. */
  private static final int HELD_OUT = 8;

  private final List<ProductLayer> layers;
  private @Nullable Moments fitted;
  private @Nullable Moments held;

  Step(List<ProductLayer> layers) {
    this.layers = layers;
  }

  List<ProductLayer> layers() {
    return layers;
  }

  ProductLayer first() {
    return layers.get(0);
  }

  /**
   * Adds the rows of a batch.
   *
   * @param number counts the batches, from 0
   */
  void add(long number, INDArray x, INDArray q) {
    boolean forJudging = number % HELD_OUT == HELD_OUT - 1;
    Moments moments = forJudging ? held : fitted;
    if (moments == null) {
      moments = new Moments((int) x.size(1), x != q);
      if (forJudging) {
        held = moments;
      } else {
        fitted = moments;
      }
    }
    moments.add(x, q);
  }

  @Nullable Moments fitted() {
    return fitted;
  }

  /** Returns the moments for judging; with few batches, those that weights are fitted to. */
  @Nullable Moments judging() {
    return held == null ? fitted : held;
  }

  /** Returns the moments of all rows; empty if none is held back. */
  Optional<Moments> all() {
    if (fitted == null || held == null) {
      return Optional.empty();
    }
    Moments all = new Moments(fitted.channels(), fitted.isPaired());
    all.add(fitted);
    all.add(held);
    return Optional.of(all);
  }

  /** Lets go of the moments. */
  void clear() {
    fitted = null;
    held = null;
  }
}
