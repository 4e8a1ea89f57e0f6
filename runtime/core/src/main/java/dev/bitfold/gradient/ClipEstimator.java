package dev.bitfold.gradient;

import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Passes the gradient where {@code |x| <= amax}, in integer and float formats. Elsewhere the
 * gradient is zero, even if a value beyond amax has a code of its own. With a dynamic scale, amax
 * is that of the input, so the whole gradient passes. Source: {@code _fake_quant_backward_function}
 * of ModelOpt, and the backward of pytorch-quantization.
 */
public final class ClipEstimator implements StraightThrough {
  private final Quantizer quantizer;
  private final boolean dynamic;

  ClipEstimator(Quantizer quantizer) {
    this.quantizer = quantizer;
    this.dynamic = quantizer.descriptor().dynamic();
  }

  @Override
  public List<String> parameters() {
    return dynamic ? List.of() : List.of(AMAX);
  }

  @Override
  public List<String> learned() {
    return List.of();
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> parameters) {
    return dynamic
        ? quantizer.quantize(x)
        : quantizer.withAmax(Parameters.array(parameters, AMAX)).quantize(x);
  }

  @Override
  public QuantGradients backward(
      INDArray x, Map<String, INDArray> parameters, INDArray gradOutput) {
    Groups groups = quantizer.groups(x.shape());
    Map<String, INDArray> given =
        dynamic && !x.isEmpty() ? Map.of(AMAX, quantizer.amax(x)) : parameters;
    float[] amax = new Parameters(given, groups).notNegative(AMAX);
    // |x| <= amax, as bounds that lie just outside.
    float[] low = new float[amax.length];
    float[] high = new float[amax.length];
    for (int g = 0; g < amax.length; g++) {
      low[g] = Math.nextDown(-amax[g]);
      high[g] = Math.nextUp(amax[g]);
    }
    INDArray input = ClipGradient.of(quantizer.kernels(), x, gradOutput, groups, low, high).input();
    return new QuantGradients(input, Map.of());
  }
}
