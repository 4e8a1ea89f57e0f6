package dev.bitfold.smoothquant;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reverses smoothing for inputs that are multiplied when the model runs: weights lose the smoothing
 * scale that they were multiplied by.
 */
public final class Unsmoothed {
  private Unsmoothed() {}

  /**
   * Returns the float tensors of a state for a model whose inputs are not multiplied. Its weights
   * are those before smoothing, up to rounding if the pre-quant scales are not powers of two.
   * Folded scales stay folded, because a model with folded scales is the same float model.
   */
  public static Map<String, INDArray> tensors(ModelShape shape, State state) {
    Map<String, INDArray> tensors = new LinkedHashMap<>(state.tensors());
    state
        .preQuantScales()
        .forEach(
            (input, preQuantScale) -> {
              SmoothScales back =
                  SmoothScales.ofPreQuantScale(preQuantScale.rdiv(1f).ravel().toFloatVector());
              ModelShape.Layer layer = shape.layer(shape.site(input));
              for (LayerTensor tensor : layer.type().tensors().values()) {
                TensorSite site = layer.site(tensor);
                if (tensor.role() == TensorRole.WEIGHT && tensor.layout().has('I')) {
                  tensors.computeIfPresent(
                      site.path(), (path, weight) -> back.smoothWeight(weight, tensor.layout()));
                }
              }
            });
    return tensors;
  }
}
