package dev.bitfold.gradient;

import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * The clipping range is learned (PACT: Choi et al., 2018). The gradient passes strictly inside the
 * range; that of a value at or beyond an end goes to that end. NaN counts for both ends.
 *
 * <p>Either one amax is learned, and the values are those of the quantizer with that amax, so that
 * the trained quantizer is the one to deploy; or both ends for themselves, as in
 * pytorch-quantization's learn_amax: the input is clipped to them, then quantized with the larger
 * one's magnitude. Source: ClipFunction and TensorQuantizer of pytorch-quantization.
 */
public final class LearnedRange implements StraightThrough {
  private final Quantizer quantizer;
  private final boolean independent;

  private LearnedRange(Quantizer quantizer, boolean independent) {
    this.quantizer = quantizer;
    this.independent = independent;
  }

  /** With one learned parameter, {@link StraightThrough#AMAX}, above 0. */
  public static LearnedRange of(QuantDescriptor descriptor, Layout layout) {
    return new LearnedRange(Quantizer.of(descriptor, layout), false);
  }

  /** With two, {@link StraightThrough#MIN} and {@link StraightThrough#MAX}. */
  public static LearnedRange independent(QuantDescriptor descriptor, Layout layout) {
    return new LearnedRange(Quantizer.of(descriptor, layout), true);
  }

  @Override
  public List<String> parameters() {
    return independent ? List.of(MIN, MAX) : List.of(AMAX);
  }

  @Override
  public List<String> learned() {
    return parameters();
  }

  /**
   * The input between the ends, before it is quantized: {@code max(min(x, high), low)}.
   *
   * @param given as for {@link #forward}
   */
  public INDArray clip(INDArray x, Map<String, INDArray> given) {
    Groups groups = Elements.groups(quantizer, x);
    Range range = range(given, groups);
    return Elements.map(
        x,
        x,
        (start, length, values, gradient, out) -> {
          range.expand(groups, start, length);
          for (int i = 0; i < length; i++) {
            out[i] = Math.max(Math.min(values[i], range.high[i]), range.low[i]);
          }
        });
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> given) {
    if (!independent) {
      range(given, Elements.groups(quantizer, x));
      return quantizer.withAmax(Parameters.array(given, AMAX)).quantize(x);
    }
    INDArray min = Parameters.array(given, MIN);
    INDArray max = Parameters.array(given, MAX);
    INDArray amax = Transforms.max(min.neg(), max, true);
    return quantizer.withAmax(amax).quantize(clip(x, given));
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    Groups groups = Elements.groups(quantizer, x);
    Parameters parameters = new Parameters(given, groups);
    Range range = range(given, groups);
    double[] below = new double[groups.count()];
    double[] above = new double[groups.count()];
    double[] toLow = new double[Elements.CHUNK];
    double[] toHigh = new double[Elements.CHUNK];
    INDArray input =
        Elements.map(
            x,
            gradOutput,
            (start, length, values, gradient, out) -> {
              range.expand(groups, start, length);
              for (int i = 0; i < length; i++) {
                // Written so that NaN is on neither side's inside, as in the source.
                boolean aboveLow = values[i] > range.low[i];
                boolean belowHigh = values[i] < range.high[i];
                out[i] = aboveLow && belowHigh ? gradient[i] : 0;
                toLow[i] = aboveLow ? 0 : gradient[i];
                toHigh[i] = belowHigh ? 0 : gradient[i];
              }
              Elements.addTo(below, groups, start, length, toLow);
              Elements.addTo(above, groups, start, length, toHigh);
            });
    if (independent) {
      return new QuantGradients(
          input,
          Map.of(MIN, parameters.gradient(MIN, below), MAX, parameters.gradient(MAX, above)));
    }
    for (int g = 0; g < above.length; g++) {
      above[g] -= below[g];
    }
    return new QuantGradients(input, Map.of(AMAX, parameters.gradient(AMAX, above)));
  }

  private Range range(Map<String, INDArray> given, Groups groups) {
    Parameters parameters = new Parameters(given, groups);
    if (independent) {
      return new Range(parameters.finite(MIN), parameters.finite(MAX));
    }
    float[] max = parameters.notNegative(AMAX);
    float[] min = new float[max.length];
    for (int g = 0; g < min.length; g++) {
      min[g] = -max[g];
      if (max[g] == 0) {
        throw new IllegalArgumentException(
            "the learned amax is 0: nothing lies inside; train with a smaller step");
      }
    }
    return new Range(min, max);
  }

  /** The ends per group, and of one chunk per element. */
  private static final class Range {
    final float[] low = new float[Elements.CHUNK];
    final float[] high = new float[Elements.CHUNK];
    private final float[] min;
    private final float[] max;

    Range(float[] min, float[] max) {
      this.min = min;
      this.max = max;
    }

    void expand(Groups groups, int start, int length) {
      groups.expand(min, start, length, low);
      groups.expand(max, start, length, high);
    }
  }
}
