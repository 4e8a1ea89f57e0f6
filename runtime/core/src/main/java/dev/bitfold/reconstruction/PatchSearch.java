package dev.bitfold.reconstruction;

import dev.bitfold.reconstruction.LayerSites.Unfit;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds out how the kernel of a convolution moves, from one call of it. A layer says what its axes
 * mean, but not its strides, dilations and padding; so those that could be are tried on some values
 * of the output, plain ones first.
 */
final class PatchSearch {
  private static final int PROBES = 512;

  /** The most movements that are tried. */
  private static final int MOST_TRIED = 1_000_000;

  /** Up to this distance of the first and the last tap, any padding may be. */
  private static final int ANY_PADDING = 16;

  /**
   * A value of the output.
   *
   * @param position the index of its position, in c order
   */
  private record Probe(int example, int channel, int position, double value) {}

  private final boolean transposed;
  private final int groups;
  private final List<Integer> axes;
  private final int[] inputs;
  private final int[] outputs;
  private final int[] kernel;
  private final int channels;
  private final float[] x;

  /** [output channel, input channel of a group, taps]. */
  private final float[] weight;

  private final double[] bias;
  private final List<Probe> probes = new ArrayList<>();
  private final double tolerance;
  private int tried;

  private PatchSearch(
      boolean transposed,
      int groups,
      List<Integer> axes,
      INDArray x,
      INDArray y,
      INDArray weight,
      double[] bias,
      double tolerance) {
    this.transposed = transposed;
    this.groups = groups;
    this.axes = axes;
    this.inputs = Patches.sizes(x);
    this.outputs = Patches.sizes(y);
    this.kernel = Patches.sizes(weight);
    this.channels = (int) weight.size(1);
    this.x = DenseFloats.of(x, "an input").copy();
    this.weight = DenseFloats.of(weight, "a weight").copy();
    this.bias = bias;
    float[] values = DenseFloats.of(y, "an output").copy();
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    this.tolerance = tolerance * largest;
    probe(values, (int) y.size(1));
  }

  /**
   * Returns the rows that a convolution takes of its input.
   *
   * @param x an input as the layer computes with it
   * @param y the output
   * @param held the weight
   * @param tolerance how far an output may be from the product, relative to the largest
   * @throws Unfit if the layer is no convolution with zeros around its input
   */
  static Patches find(
      LayerSites sites,
      INDArray x,
      INDArray y,
      INDArray held,
      Optional<INDArray> bias,
      double tolerance)
      throws Unfit {
    String letters = sites.weight().tensor().layout().letters();
    String spatial = letters.replace("O", "").replace("I", "");
    String ofInput = sites.input().tensor().layout().letters();
    if (ofInput.length() != spatial.length() + 2
        || !("NC" + spatial).chars().allMatch(letter -> ofInput.indexOf(letter) >= 0)) {
      throw new Unfit(
          "its layer's weight is "
              + letters
              + " and its input "
              + ofInput
              + ": a convolution's input has the axes N, C and those of its kernel");
    }
    if (x.rank() != ofInput.length() || y.rank() != ofInput.length()) {
      throw new Unfit("its layer's input or output has another rank than the layout " + ofInput);
    }
    List<Integer> axes =
        ("NC" + spatial).chars().mapToObj(letter -> ofInput.indexOf(letter)).toList();
    int[] order = axes.stream().mapToInt(i -> i).toArray();
    INDArray in = x.permute(order);
    INDArray out = y.permute(order);
    INDArray weight = held.permute(sites.weightOrder());
    long perGroup = weight.size(1);
    if (in.size(0) != out.size(0)
        || in.size(1) % perGroup != 0
        || out.size(1) != weight.size(0)
        || out.size(1) % (in.size(1) / perGroup) != 0) {
      throw new Unfit(
          "its layer's input or output has other channels, or its groups are not those of a Conv");
    }
    double[] biases = new double[(int) out.size(1)];
    if (bias.isPresent()) {
      if (bias.get().length() != biases.length) {
        throw new Unfit("its layer's bias has another length than the output's channels");
      }
      float[] values = DenseFloats.of(bias.get(), "a bias").copy();
      IntStream.range(0, values.length).forEach(i -> biases[i] = values[i]);
    }
    int groups = (int) (in.size(1) / perGroup);
    for (boolean transposed : groups == 1 ? new boolean[] {false, true} : new boolean[] {false}) {
      PatchSearch search =
          new PatchSearch(transposed, groups, axes, in, out, weight, biases, tolerance);
      if (search.saysNothing()) {
        throw new Unfit(
            "its layer's outputs are nothing but the bias in the first batch, which does not tell"
                + " how its kernel moves: begin with another batch");
      }
      List<Taps> found = search.found();
      if (found != null) {
        return new Patches(groups, (int) perGroup, axes, found);
      }
    }
    throw new Unfit(
        "its layer computes something else than a convolution with zeros around its input");
  }

  /** Takes some values, first those that are farthest from their bias, because they say most. */
  private void probe(float[] values, int outChannels) {
    Random random = new Random(1);
    int count = Patches.product(outputs);
    random
        .ints(PROBES, 0, values.length)
        .distinct()
        .mapToObj(
            i -> {
              int channel = i / count % outChannels;
              return new Probe(i / count / outChannels, channel, i % count, values[i]);
            })
        .sorted(
            Comparator.comparingDouble(probe -> -Math.abs(probe.value() - bias[probe.channel()])))
        .forEach(probes::add);
  }

  /** Returns whether all outputs are what they are without inputs, which any movement gives. */
  private boolean saysNothing() {
    return probes.stream()
        .allMatch(probe -> Math.abs(probe.value() - bias[probe.channel()]) <= tolerance);
  }

  private @Nullable List<Taps> found() {
    List<List<Taps>> choices = new ArrayList<>();
    for (int axis = 0; axis < kernel.length; axis++) {
      choices.add(choices(inputs[axis], outputs[axis], kernel[axis]));
    }
    List<Taps> alike = found(choices, new ArrayList<>(), true);
    tried = 0;
    return alike != null ? alike : found(choices, new ArrayList<>(), false);
  }

  /**
   * Tries the choices of the axes from the next one on.
   *
   * @param alike whether all axes have the same stride and dilation
   */
  private @Nullable List<Taps> found(List<List<Taps>> choices, List<Taps> chosen, boolean alike) {
    if (chosen.size() == choices.size()) {
      tried++;
      return fits(chosen) ? List.copyOf(chosen) : null;
    }
    for (Taps next : choices.get(chosen.size())) {
      if (tried >= MOST_TRIED) {
        return null;
      }
      if (alike && !chosen.isEmpty() && !alike(chosen.get(0), next)) {
        continue;
      }
      chosen.add(next);
      List<Taps> found = found(choices, chosen, alike);
      chosen.remove(chosen.size() - 1);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static boolean alike(Taps one, Taps other) {
    return one.stride() == other.stride() && one.dilation() == other.dilation();
  }

  /** Returns what may be along an axis, small dilations and strides first. */
  private List<Taps> choices(int in, int out, int size) {
    List<Taps> choices = new ArrayList<>();
    int largestDilation = size == 1 ? 1 : Math.max(1, in - 1);
    int largestStride = transposed ? out : in;
    for (int dilation = 1; dilation <= largestDilation; dilation++) {
      int span = (size - 1) * dilation;
      int[] paddings =
          span <= ANY_PADDING
              ? IntStream.rangeClosed(0, span).toArray()
              : IntStream.of(0, span / 2, (span + 1) / 2, span).distinct().toArray();
      for (int before : paddings) {
        for (int stride : strides(in, out, span, before, largestStride)) {
          int after =
              transposed
                  ? (in - 1) * stride + span + 1 - before - out
                  : (out - 1) * stride + span + 1 - before - in;
          choices.add(new Taps(size, stride, dilation, before, after, transposed));
        }
      }
    }
    return choices;
  }

  /** Returns the strides with which neither inputs nor padding are left over. */
  private int[] strides(int in, int out, int span, int before, int largest) {
    int few = transposed ? in : out;
    int many = transposed ? out : in;
    if (few == 1) {
      return new int[] {Math.max(1, many + before - span)};
    }
    int least = Math.max(1, -Math.floorDiv(span - many - before, few));
    int most = Math.min(largest, (many + before - 1) / (few - 1));
    return IntStream.rangeClosed(least, most).toArray();
  }

  private boolean fits(List<Taps> taps) {
    Patches patches = new Patches(groups, channels, axes, taps);
    int size = Patches.product(inputs);
    int taken = Patches.product(kernel);
    for (Probe probe : probes) {
      int[] offsets = patches.offsets(new int[] {probe.position()}, inputs, outputs);
      int group = probe.channel() / (bias.length / groups);
      double sum = bias[probe.channel()];
      for (int channel = 0; channel < channels; channel++) {
        int base = (probe.example() * groups * channels + group * channels + channel) * size;
        int from = (probe.channel() * channels + channel) * taken;
        for (int tap = 0; tap < taken; tap++) {
          sum += offsets[tap] < 0 ? 0 : (double) x[base + offsets[tap]] * weight[from + tap];
        }
      }
      if (!(Math.abs(sum - probe.value()) <= tolerance)) {
        return false;
      }
    }
    return true;
  }
}
