package dev.bitfold.smoothquant;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gives weights back what they took over from inputs that are multiplied when the model runs. */
public final class Unsmoothed {
  private Unsmoothed() {}

  /**
   * Returns the float tensors of a state for a model whose inputs are not multiplied. Where the
   * pre-quant scales are not powers of two, its weights are those before smoothing up to rounding.
   * What was folded stays folded: such a model is the same float model.
   */
  public static Map<String, INDArray> tensors(ModelShape shape, State state) {
    Map<String, INDArray> tensors = new LinkedHashMap<>(state.tensors());
    state
        .preScales()
        .forEach(
            (input, preScale) -> {
              SmoothScales back =
                  SmoothScales.ofPreQuantScale(preScale.rdiv(1f).ravel().toFloatVector());
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
