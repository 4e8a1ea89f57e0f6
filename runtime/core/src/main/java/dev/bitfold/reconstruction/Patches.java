package dev.bitfold.reconstruction;

import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Takes what a convolution's kernel covers at a position of the output as a row: for each input
 * channel of a group, all taps in c order.
 *
 * <p>Bounded: of each example, at most 1,024 positions are taken. If it has more, they are divided
 * into so many runs of about the same length, and one of each run is taken at random, of which the
 * example's index is the seed.
 *
 * @param groups how many groups the channels are divided into
 * @param channels the number of input channels of a group
 * @param axes the order of the input's axes as [example, channel, spatial axes as in the weight]
 * @param taps for each spatial axis
 */
record Patches(int groups, int channels, List<Integer> axes, List<Taps> taps) implements InputRows {
  /** The most positions that are taken of an example. */
  static final int MOST_POSITIONS = 1024;

  /** The most values of a block, if it has more than one example. */
  private static final int MOST_VALUES = 1 << 23;

  /** With so many examples, they are the units that may be held back, and else single positions. */
  private static final int EXAMPLES = Step.HELD_OUT;

  /** Copies the lists. */
  Patches {
    axes = List.copyOf(axes);
    taps = List.copyOf(taps);
  }

  @Override
  public int width() {
    return channels * kernel();
  }

  private int kernel() {
    return taps.stream().mapToInt(Taps::kernel).reduce(1, Math::multiplyExact);
  }

  @Override
  public boolean keepsPositions() {
    return false;
  }

  /** Returns a tensor with its axes as [example, channel, spatial axes as in the weight]. */
  INDArray ordered(INDArray x) {
    return x.permute(axes.stream().mapToInt(i -> i).toArray());
  }

  /** Returns the sizes of the spatial axes of an ordered tensor. */
  static int[] sizes(INDArray ordered) {
    return Arrays.stream(ordered.shape()).skip(2).mapToInt(Math::toIntExact).toArray();
  }

  private int[] outputs(int[] inputs) {
    int[] outputs = new int[inputs.length];
    Arrays.setAll(outputs, axis -> taps.get(axis).outputs(inputs[axis]));
    return outputs;
  }

  @Override
  public Iterator<Block> of(INDArray x) {
    INDArray ordered = ordered(x);
    int[] inputs = sizes(ordered);
    int[] outputs = outputs(inputs);
    int count = product(outputs);
    int examples = (int) ordered.size(0);
    int taken = Math.min(count, MOST_POSITIONS);
    float[] values = DenseFloats.of(ordered, "an input").copy();
    boolean byExample = examples >= EXAMPLES;
    return blocks(
        examples,
        taken,
        (from, to) ->
            new Block(
                rows(values, inputs, outputs, from, to),
                byExample ? from : from * taken,
                byExample ? taken : 1));
  }

  @Override
  public Iterator<INDArray> outputs(INDArray y) {
    INDArray ordered = ordered(y);
    int count = product(sizes(ordered));
    int outChannels = (int) ordered.size(1);
    int taken = Math.min(count, MOST_POSITIONS);
    float[] values = DenseFloats.of(ordered, "an output").copy();
    return blocks(
        (int) ordered.size(0),
        taken,
        (from, to) -> {
          float[] rows = new float[(to - from) * taken * outChannels];
          int next = 0;
          for (int example = from; example < to; example++) {
            for (int position : positions(count, example)) {
              for (int channel = 0; channel < outChannels; channel++) {
                rows[next++] = values[(example * outChannels + channel) * count + position];
              }
            }
          }
          return DenseFloats.array(rows, (long) (to - from) * taken, outChannels);
        });
  }

  private interface OfExamples<T> {
    T block(int from, int to);
  }

  private <T> Iterator<T> blocks(int examples, int taken, OfExamples<T> maker) {
    int each = Math.max(1, MOST_VALUES / Math.max(1, taken * groups * width()));
    return IntStream.iterate(0, from -> from < examples && taken > 0, from -> from + each)
        .mapToObj(from -> maker.block(from, Math.min(examples, from + each)))
        .iterator();
  }

  /** Returns the positions of an example that are taken, in ascending order. */
  static int[] positions(int count, int example) {
    if (count <= MOST_POSITIONS) {
      return IntStream.range(0, count).toArray();
    }
    SplittableRandom random = new SplittableRandom(example);
    return IntStream.range(0, MOST_POSITIONS)
        .map(
            i -> {
              int from = (int) ((long) i * count / MOST_POSITIONS);
              int to = (int) ((i + 1L) * count / MOST_POSITIONS);
              return random.nextInt(from, to);
            })
        .toArray();
  }

  private List<INDArray> rows(float[] values, int[] inputs, int[] outputs, int from, int to) {
    int count = product(outputs);
    int size = product(inputs);
    int kernel = kernel();
    int taken = Math.min(count, MOST_POSITIONS);
    float[][] rows = new float[groups][(to - from) * taken * width()];
    IntFunction<int[]> offsets = example -> offsets(positions(count, example), inputs, outputs);
    int[] same = count <= MOST_POSITIONS ? offsets.apply(0) : new int[0];
    for (int example = from; example < to; example++) {
      int[] read = same.length > 0 ? same : offsets.apply(example);
      for (int channel = 0; channel < groups * channels; channel++) {
        float[] row = rows[channel / channels];
        int base = (example * groups * channels + channel) * size;
        int at = (example - from) * taken * width() + channel % channels * kernel;
        for (int i = 0; i < taken; i++, at += width()) {
          for (int tap = 0; tap < kernel; tap++) {
            int offset = read[i * kernel + tap];
            row[at + tap] = offset < 0 ? 0 : values[base + offset];
          }
        }
      }
    }
    List<INDArray> ofGroups = new ArrayList<>();
    for (float[] row : rows) {
      ofGroups.add(DenseFloats.array(row, (long) (to - from) * taken, width()));
    }
    return ofGroups;
  }

  /** Returns for each position and tap the index of the input within its channel, or -1. */
  int[] offsets(int[] positions, int[] inputs, int[] outputs) {
    int kernel = kernel();
    int[] offsets = new int[positions.length * kernel];
    for (int i = 0; i < positions.length; i++) {
      for (int tap = 0; tap < kernel; tap++) {
        offsets[i * kernel + tap] = offset(positions[i], tap, inputs, outputs);
      }
    }
    return offsets;
  }

  private int offset(int position, int tap, int[] inputs, int[] outputs) {
    int offset = 0;
    int stride = 1;
    for (int axis = inputs.length - 1; axis >= 0; axis--) {
      Taps of = taps.get(axis);
      int at = of.input(position % outputs[axis], tap % of.kernel(), inputs[axis]);
      if (at < 0) {
        return -1;
      }
      offset += at * stride;
      stride *= inputs[axis];
      position /= outputs[axis];
      tap /= of.kernel();
    }
    return offset;
  }

  static int product(int[] sizes) {
    return Arrays.stream(sizes).reduce(1, Math::multiplyExact);
  }
}
