package dev.bitfold.internal.state;

import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import dev.bitfold.layer.TensorRole;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Records the weights and biases of one layer, and checks them.
 *
 * @param path the layer's path
 * @param into receives the tensors, by name
 */
record ReadTensors(String path, LayerType<?, ?> type, Map<String, INDArray> into) {
  TensorSite site(String name) {
    LayerTensor declared = Objects.requireNonNull(type.tensors().get(name));
    return new TensorSite(path, type.type(), declared);
  }

  /**
   * Records one tensor.
   *
   * @throws IllegalArgumentException if the tensor is empty, is not of type FLOAT, or does not fit
   *     its layout
   */
  void add(String name, INDArray tensor) {
    TensorSite site = site(name);
    LayerTensor declared = site.tensor();
    if (tensor.dataType() != DataType.FLOAT) {
      throw refused(
          site,
          tensor,
          "weights and biases must be of type FLOAT: build the layer from"
              + " tensor.castTo(DataType.FLOAT)");
    }
    if (tensor.isEmpty()) {
      throw refused(site, tensor, "it is empty");
    }
    if (!declared.layout().fits(tensor.rank())) {
      throw refused(
          site,
          tensor,
          "a tensor of rank " + tensor.rank() + " does not fit layout " + declared.layout());
    }
    into.put(name, tensor);
  }

  /**
   * Records that a tensor is missing.
   *
   * @throws IllegalArgumentException if it is a quantized weight; elements of lists may be missing
   */
  void addNone(String name) {
    TensorSite site = site(name);
    LayerTensor declared = site.tensor();
    boolean needed = declared.role() == TensorRole.WEIGHT && declared.descriptor().isPresent();
    if (needed && !LayerType.isElement(name)) {
      throw new IllegalArgumentException(
          site.describe(null, declared.descriptor().orElse(null))
              + ": it is null, but a quantized weight is required; give the layer its weight, or"
              + " leave the layer out of the model");
    }
  }

  private static IllegalArgumentException refused(TensorSite site, INDArray tensor, String why) {
    return new IllegalArgumentException(
        site.describe(tensor, site.tensor().descriptor().orElse(null)) + ": " + why);
  }
}
