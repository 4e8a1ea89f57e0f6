package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Passes the gradient of an affine quantizer only where {@code min(min, 0) <= x <= max(max, 0)},
 * the range that {@link Quantizer#withRange} quantizes. Source: FakeAffineTensorQuantFunction of
 * pytorch-quantization.
 */
public final class RangeEstimator implements StraightThrough {
  private final Quantizer quantizer;
  private final boolean dynamic;

  RangeEstimator(Quantizer quantizer) {
    this.quantizer = quantizer;
    this.dynamic = quantizer.descriptor().dynamic();
  }

  @Override
  public List<String> parameters() {
    return dynamic ? List.of() : List.of(MIN, MAX);
  }

  @Override
  public List<String> learned() {
    return List.of();
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> given) {
    return dynamic
        ? quantizer.quantize(x)
        : quantizer
            .withRange(Parameters.array(given, MIN), Parameters.array(given, MAX))
            .quantize(x);
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    Groups groups = quantizer.groups(x.shape());
    Parameters parameters = new Parameters(given, groups);
    float[] min = dynamic ? everything(groups, -Float.MAX_VALUE) : parameters.finite(MIN);
    float[] max = dynamic ? everything(groups, Float.MAX_VALUE) : parameters.finite(MAX);
    // The range holds zero, as the quantizer's does; its ends as bounds that lie just outside.
    for (int g = 0; g < min.length; g++) {
      min[g] = Math.nextDown(Math.min(min[g], 0f));
      max[g] = Math.nextUp(Math.max(max[g], 0f));
    }
    INDArray input = ClipGradient.of(quantizer.kernels(), x, gradOutput, groups, min, max).input();
    return new QuantGradients(input, Map.of());
  }

  // The range of a dynamic quantizer is that of its input: all that is finite lies inside.
  private static float[] everything(Groups groups, float bound) {
    float[] bounds = new float[groups.count()];
    Arrays.fill(bounds, bound);
    return bounds;
  }
}
