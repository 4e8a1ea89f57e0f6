package dev.bitfold.gradient;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Passes the gradient everywhere, even that of NaN and of values beyond amax. Source: ModelOpt's
 * {@code pass_through_bwd}.
 */
public final class PassThroughEstimator implements StraightThrough {
  private final Quantizer quantizer;
  private final List<String> parameters;

  PassThroughEstimator(Quantizer quantizer) {
    this.quantizer = quantizer;
    QuantDescriptor descriptor = quantizer.descriptor();
    if (descriptor.dynamic()) {
      parameters = List.of();
    } else {
      parameters = descriptor.affine() ? List.of(MIN, MAX) : List.of(AMAX);
    }
  }

  @Override
  public List<String> parameters() {
    return parameters;
  }

  @Override
  public List<String> learned() {
    return List.of();
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> given) {
    if (parameters.isEmpty()) {
      return quantizer.quantize(x);
    }
    return parameters.contains(AMAX)
        ? quantizer.withAmax(Parameters.array(given, AMAX)).quantize(x)
        : quantizer
            .withRange(Parameters.array(given, MIN), Parameters.array(given, MAX))
            .quantize(x);
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    INDArray input =
        Elements.map(
                x,
                gradOutput,
                () ->
                    (start, length, values, gradient, out) ->
                        System.arraycopy(gradient, 0, out, 0, length))
            .out();
    return new QuantGradients(input, Map.of());
  }
}
