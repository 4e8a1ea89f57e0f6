package dev.bitfold.reconstruction;

import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Holds layers that read the same input, and the moments of that input: those that weights are
 * fitted to, and those that they are judged by.
 */
final class Step {
  /** One batch in so many is for judging; if there are fewer batches, one row in so many. */
  private static final int HELD_OUT = 8;

  private final List<ProductLayer> layers;
  private final boolean byRow;
  private @Nullable Moments fitted;
  private @Nullable Moments held;

  /**
   * Makes a step.
   *
   * @param batches how many there are
   */
  Step(List<ProductLayer> layers, long batches) {
    this.layers = layers;
    this.byRow = batches < HELD_OUT;
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
    if (!byRow) {
      add(number % HELD_OUT == HELD_OUT - 1, x, q);
      return;
    }
    for (boolean forJudging : new boolean[] {false, true}) {
      long[] rows =
          LongStream.range(0, x.size(0))
              .filter(row -> (row % HELD_OUT == HELD_OUT - 1) == forJudging)
              .toArray();
      if (rows.length > 0) {
        INDArray some = x.get(NDArrayIndex.indices(rows), NDArrayIndex.all());
        add(
            forJudging,
            some,
            x == q ? some : q.get(NDArrayIndex.indices(rows), NDArrayIndex.all()));
      }
    }
  }

  private void add(boolean forJudging, INDArray x, INDArray q) {
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

  /** Returns the moments for judging; with fewer than 8 rows, those that weights are fitted to. */
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
