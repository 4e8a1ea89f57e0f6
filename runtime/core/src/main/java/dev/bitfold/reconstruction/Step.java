package dev.bitfold.reconstruction;

import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Holds layers that read the same input, and the moments of that input: those that weights are
 * fitted to, and those that they are judged by.
 */
final class Step {
  /**
   * One batch in so many is for judging; if there are fewer batches, one example in so many of a
   * convolution's input, or one row.
   */
  static final int HELD_OUT = 8;

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
   * Adds the rows of a call.
   *
   * @param number counts the batches, from 0
   * @param x the float model's input
   * @param q the quantized model's input, of the same shape; the same array if it is the float
   *     input
   */
  void add(long number, INDArray x, INDArray q) {
    Iterator<InputRows.Block> floats = first().rows().of(x);
    Iterator<InputRows.Block> quantized = x == q ? floats : first().rows().of(q);
    while (floats.hasNext()) {
      InputRows.Block block = floats.next();
      List<INDArray> ofQuantized = x == q ? block.ofGroups() : quantized.next().ofGroups();
      if (byRow) {
        divide(block, ofQuantized);
      } else {
        add(number % HELD_OUT == HELD_OUT - 1, block.ofGroups(), ofQuantized);
      }
    }
  }

  private void divide(InputRows.Block block, List<INDArray> ofQuantized) {
    List<INDArray> floats = block.ofGroups();
    for (boolean forJudging : new boolean[] {false, true}) {
      long[] rows =
          IntStream.range(0, block.count())
              .filter(row -> (block.unit(row) % HELD_OUT == HELD_OUT - 1) == forJudging)
              .asLongStream()
              .toArray();
      if (rows.length > 0) {
        List<INDArray> some = some(floats, rows);
        add(forJudging, some, floats == ofQuantized ? some : some(ofQuantized, rows));
      }
    }
  }

  private static List<INDArray> some(List<INDArray> groups, long[] rows) {
    return groups.stream()
        .map(group -> group.get(NDArrayIndex.indices(rows), NDArrayIndex.all()))
        .toList();
  }

  private void add(boolean forJudging, List<INDArray> xs, List<INDArray> qs) {
    Moments moments = forJudging ? held : fitted;
    if (moments == null) {
      moments = new Moments(xs.size(), first().rows().width(), xs != qs);
      if (forJudging) {
        held = moments;
      } else {
        fitted = moments;
      }
    }
    moments.add(xs, qs);
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
    Moments all = fitted.empty();
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
