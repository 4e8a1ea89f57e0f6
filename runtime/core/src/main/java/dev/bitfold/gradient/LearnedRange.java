package dev.bitfold.gradient;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Learns the clipping range (PACT: Choi et al., 2018). The gradient passes strictly inside the
 * range. The gradient of a value at or beyond an end goes to that end. NaN counts for both ends.
 *
 * <p>With {@link #of}, one amax is learned. The values are those of the quantizer with that amax,
 * so the trained quantizer can be deployed. With {@link #independent}, both ends are learned, as in
 * pytorch-quantization's learn_amax: the input is clipped to the ends, and then quantized with the
 * larger magnitude of the two. Source: ClipFunction and TensorQuantizer of pytorch-quantization.
 */
public final class LearnedRange implements StraightThrough {
  private final Quantizer quantizer;
  private final boolean independent;

  private LearnedRange(Quantizer quantizer, boolean independent) {
    this.quantizer = quantizer;
    this.independent = independent;
  }

  /** Returns an estimator with one learned parameter, {@link StraightThrough#AMAX}, above 0. */
  public static LearnedRange of(QuantDescriptor descriptor, Layout layout) {
    return of(Quantizer.of(descriptor, layout));
  }

  static LearnedRange of(Quantizer open) {
    return new LearnedRange(open, false);
  }

  /**
   * Returns an estimator with two learned parameters, {@link StraightThrough#MIN} and {@link
   * StraightThrough#MAX}.
   */
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
   * Returns the input between the ends, before it is quantized: {@code max(min(x, high), low)}.
   *
   * @param given the parameters, as for {@link #forward}
   */
  public INDArray clip(INDArray x, Map<String, INDArray> given) {
    Groups groups = quantizer.groups(x.shape());
    Range range = range(given, groups);
    return Elements.map(
            x,
            x,
            () -> {
              PerElement lows = new PerElement(groups, range.min);
              PerElement highs = new PerElement(groups, range.max);
              return (start, length, values, gradient, out) -> {
                float[] low = lows.at(start, length);
                float[] high = highs.at(start, length);
                for (int i = 0; i < length; i++) {
                  out[i] = Math.max(Math.min(values[i], high[i]), low[i]);
                }
              };
            })
        .out();
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> given) {
    if (!independent) {
      range(given, quantizer.groups(x.shape()));
      return quantizer.withAmax(Parameters.array(given, AMAX)).quantize(x);
    }
    INDArray min = Parameters.array(given, MIN);
    INDArray max = Parameters.array(given, MAX);
    INDArray amax = Transforms.max(min.neg(), max, true);
    return quantizer.withAmax(amax).quantize(clip(x, given));
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    Groups groups = quantizer.groups(x.shape());
    Parameters parameters = new Parameters(given, groups);
    Range range = range(given, groups);
    ClipGradient clipped =
        ClipGradient.of(quantizer.kernels(), x, gradOutput, groups, range.min, range.max);
    INDArray input = clipped.input();
    double[] below = clipped.below();
    double[] above = clipped.above();
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

  /** Holds the ends of each group. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Range(float[] min, float[] max) {}
}
