package dev.bitfold.internal.state;

import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.LayerType;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Takes down the weights and biases of one layer, checked.
 *
 * @param path the layer's
 * @param into where the tensors go, by name
 */
record ReadTensors(String path, LayerType<?, ?> type, Map<String, INDArray> into) {
  TensorSite site(String name) {
    LayerTensor declared = Objects.requireNonNull(type.tensors().get(name));
    return new TensorSite(path, type.type(), declared);
  }

  /**
   * Takes one tensor down.
   *
   * @throws IllegalArgumentException if it is empty, not of type FLOAT, or does not fit its layout
   */
  void add(String name, INDArray tensor) {
    TensorSite site = site(name);
    LayerTensor declared = site.tensor();
    if (tensor.dataType() != DataType.FLOAT) {
      throw refused(site, tensor, "weights and biases are of type FLOAT");
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

  private static IllegalArgumentException refused(TensorSite site, INDArray tensor, String why) {
    return new IllegalArgumentException(
        site.describe(tensor, site.tensor().descriptor().orElse(null)) + ": " + why);
  }
}
