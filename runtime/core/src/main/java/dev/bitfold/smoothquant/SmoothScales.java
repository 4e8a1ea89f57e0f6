package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.kernel.Runs;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds one scale for each input channel, which moves the difficulty of quantizing from a layer's
 * input to its weights. The input is multiplied by {@link #preQuantScale()}, and the weights by its
 * reciprocal, {@link #weightScale()}, so the layer computes the same output. The pre-quant scale
 * can be folded into the component that produces the input. Scales are float32, finite and
 * positive. Immutable.
 */
public final class SmoothScales {
  /** The share of the median contribution up to which a channel counts as asleep. */
  private static final double ASLEEP = 0x1p-10;

  private static final float SMALLEST = 1e-4f;
  private static final float LARGEST = 1e4f;

  private final float[] input;
  private final float[] weight;

  private SmoothScales(float[] input, float[] weight) {
    this.input = input;
    this.weight = weight;
  }

  /**
   * Returns the scales of an alpha: {@code p = weightAmax^(1 - alpha) / actAmax^alpha}, limited to
   * [1e-4, 1e4], and 1 where that is not a number. Source: {@code apply_pre_quant_scale_and_smooth}
   * of ModelOpt's model_calib.py, which differs for channels that are asleep.
   *
   * <p>A channel is asleep if its weights are not all zero, and if {@code actAmax * weightAmax},
   * the most that it has contributed to an output, is at most 2^-10 of the median of the active
   * channels. The values of such a channel in the calibration data do not tell its later values.
   * The formula would give it the largest pre-quant scale of all, with which later values are
   * clipped. Instead, its pre-quant scale is {@code max(p * actAmax) / max(actAmax)}, with the
   * first maximum over the channels that are awake. A value that is not clipped without smoothing
   * is then not clipped with smoothing, and is rounded to the same steps.
   *
   * <p>If the channel's weights would then outgrow those of all channels that are awake, they would
   * coarsen the weight's scales. They become half as large as the largest of those instead: {@code
   * p = 2 * weightAmax / max(weightAmax / p)}. The scale is limited in the same way as {@code p}.
   * If no channel is awake, it is 1.
   *
   * @param actAmax the largest absolute input of each channel, [C] in any shape
   * @param weightAmax the largest absolute weight of each input channel, over all consumers of the
   *     input, [C] in any shape
   * @param alpha the migration strength, from 0 (all difficulty to the input) to 1 (all to the
   *     weights)
   * @throws IllegalArgumentException if alpha is outside [0, 1], the numbers of channels differ, or
   *     an amax is negative, infinite or NaN; the message names the channel
   */
  public static SmoothScales of(INDArray actAmax, INDArray weightAmax, double alpha) {
    Objects.requireNonNull(actAmax, "actAmax");
    Objects.requireNonNull(weightAmax, "weightAmax");
    float[] act = statistics(actAmax, "input");
    float[] w = statistics(weightAmax, "weight");
    check(act, w, alpha);
    boolean[] asleep = asleep(act, w);
    float[] p = new float[act.length];
    double largest = 0;
    double smoothed = 0;
    double heaviest = 0;
    for (int c = 0; c < p.length; c++) {
      float scale = power(w[c], 1 - alpha) / power(act[c], alpha);
      p[c] = Float.isNaN(scale) ? 1 : limited(scale);
      largest = Math.max(largest, act[c]);
      if (!asleep[c]) {
        smoothed = Math.max(smoothed, (double) act[c] * p[c]);
        heaviest = Math.max(heaviest, (double) w[c] / p[c]);
      }
    }
    for (int c = 0; c < p.length; c++) {
      if (asleep[c]) {
        double range = smoothed / largest;
        double weights = w[c] / heaviest;
        p[c] = heaviest == 0 ? 1 : limited(range >= weights ? range : 2 * weights);
      }
    }
    return ofPreQuantScale(p);
  }

  private static boolean[] asleep(float[] act, float[] weight) {
    double[] contributions = new double[act.length];
    for (int c = 0; c < act.length; c++) {
      contributions[c] = (double) act[c] * weight[c];
    }
    // The median: a mean would follow the outliers, beside which every other channel looks asleep.
    double[] active = Arrays.stream(contributions).filter(x -> x > 0).sorted().toArray();
    double usual = active.length == 0 ? 0 : active[active.length / 2];
    boolean[] asleep = new boolean[act.length];
    for (int c = 0; c < act.length; c++) {
      asleep[c] = weight[c] > 0 && contributions[c] <= ASLEEP * usual;
    }
    return asleep;
  }

  /**
   * Returns scales with a given pre-quant scale.
   *
   * @throws IllegalArgumentException if a number or its reciprocal is not finite and positive
   */
  public static SmoothScales ofPreQuantScale(float... preQuantScale) {
    Objects.requireNonNull(preQuantScale, "preQuantScale");
    float[] p = preQuantScale.clone();
    float[] reciprocal = new float[p.length];
    for (int c = 0; c < p.length; c++) {
      reciprocal[c] = 1 / p[c];
      if (!(p[c] > 0 && Float.isFinite(p[c]) && Float.isFinite(reciprocal[c]))) {
        throw new IllegalArgumentException(
            "pre-quant scale " + p[c] + " of channel " + c + ": it must be finite and above 0");
      }
    }
    return new SmoothScales(p, reciprocal);
  }

  /** Returns the number of input channels. */
  public int channels() {
    return input.length;
  }

  /** Returns the factors of the input in a new array, [C] float32. */
  public INDArray preQuantScale() {
    return Nd4j.createFromArray(input.clone());
  }

  /** Returns the factors of the weights in a new array, [C] float32. */
  public INDArray weightScale() {
    return Nd4j.createFromArray(weight.clone());
  }

  /**
   * Returns the largest absolute value of each channel of the smoothed input, [C] float32.
   *
   * @param actAmax the largest absolute values of the input before smoothing
   * @throws IllegalArgumentException as {@link #of}
   */
  public INDArray smoothAmax(INDArray actAmax) {
    Objects.requireNonNull(actAmax, "actAmax");
    float[] amax = statistics(actAmax, "input");
    requireChannels(amax.length, "an amax");
    for (int c = 0; c < amax.length; c++) {
      amax[c] *= input[c];
    }
    return Nd4j.createFromArray(amax);
  }

  /**
   * Returns the smoothed input in a new tensor.
   *
   * @param layout the layout of the input, with the channel axis {@code C}
   * @throws IllegalArgumentException if the layout has no C or does not fit the rank, or if the
   *     numbers of channels differ
   */
  public INDArray smoothInput(INDArray x, Layout layout) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(layout, "layout");
    return scale(x, Channels.along(x.shape(), layout.axis('C', x.rank())), input, "an input");
  }

  /**
   * Returns the weight for the smoothed input in a new tensor. In a grouped convolution, each group
   * takes the scales of its own input channels; see {@link ChannelAmax#ofWeight}.
   *
   * @param layout the layout of the weight, with the axes {@code I} and {@code O}
   * @throws IllegalArgumentException as {@link ChannelAmax#ofWeight}
   */
  public INDArray smoothWeight(INDArray w, Layout layout) {
    Objects.requireNonNull(w, "w");
    Objects.requireNonNull(layout, "layout");
    Channels all = ChannelAmax.inputChannels(w, layout, channels());
    return scale(w, all, weight, "a weight");
  }

  /**
   * Returns a weight or bias of the source in a new tensor, with the pre-quant scale folded into
   * its output channels: axis {@code O} of a linear layer or convolution, or axis {@code C} of a
   * norm.
   *
   * @throws IllegalArgumentException if the layout has neither O nor C or does not fit the rank, or
   *     if the numbers of channels differ
   */
  public INDArray foldInto(INDArray tensor, Layout layout) {
    Objects.requireNonNull(tensor, "tensor");
    Objects.requireNonNull(layout, "layout");
    int axis = layout.axis(layout.has('O') ? 'O' : 'C', tensor.rank());
    return scale(tensor, Channels.along(tensor.shape(), axis), input, "a tensor to fold into");
  }

  private INDArray scale(INDArray x, Channels channels, float[] ofChannels, String what) {
    requireChannels(channels.count(), what + " of shape " + Arrays.toString(x.shape()));
    float[] values = DenseFloats.of(x, what).copy();
    float[] factors = channels.toGroups(ofChannels);
    boolean each = channels.groups().block() == 1;
    for (Runs runs = channels.groups().runs(0, values.length); runs.next(); ) {
      int g = runs.group();
      if (each) {
        for (int i = runs.from(); i < runs.to(); i++, g++) {
          values[i] *= factors[g];
        }
      } else {
        multiply(values, runs.from(), runs.to(), factors[g]);
      }
    }
    INDArray scaled = DenseFloats.array(values, x.shape());
    return x.dataType() == DataType.FLOAT ? scaled : scaled.castTo(x.dataType());
  }

  private static void multiply(float[] values, int from, int to, float factor) {
    for (int i = from; i < to; i++) {
      values[i] *= factor;
    }
  }

  private void requireChannels(int count, String what) {
    if (count != channels()) {
      throw new IllegalArgumentException(
          what + " has " + count + " channels, the scales have " + channels());
    }
  }

  private static float[] statistics(INDArray amax, String of) {
    float[] values = DenseFloats.of(amax, "an amax").copy();
    for (int c = 0; c < values.length; c++) {
      if (!(values[c] >= 0) || Float.isInfinite(values[c])) {
        throw new IllegalArgumentException(
            of
                + " amax "
                + values[c]
                + " of channel "
                + c
                + ": it must be finite and not negative");
      }
    }
    return values;
  }

  private static void check(float[] act, float[] weight, double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException(
          "alpha = " + alpha + ": the migration strength must be between 0 and 1");
    }
    if (act.length != weight.length) {
      throw new IllegalArgumentException(
          "the input has " + act.length + " channels, the weight " + weight.length);
    }
  }

  private static float limited(double scale) {
    return (float) Math.min(Math.max(scale, SMALLEST), LARGEST);
  }

  private static float power(float base, double exponent) {
    return (float) Math.pow(base, exponent);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SmoothScales that
        && Arrays.equals(input, that.input)
        && Arrays.equals(weight, that.weight);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(input) + Arrays.hashCode(weight);
  }

  @Override
  public String toString() {
    float[] sorted = input.clone();
    Arrays.sort(sorted);
    return sorted.length == 0
        ? "no scales"
        : channels() + " scales, " + sorted[0] + " to " + sorted[sorted.length - 1];
  }
}
