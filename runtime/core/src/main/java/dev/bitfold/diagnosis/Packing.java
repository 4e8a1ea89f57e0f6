package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.internal.state.WeightQuantizer;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.tensor.Workspaces;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a state with packed weights.
 *
 * @param state the state, which holds every weight and bias and so does not need the float model
 * @param heldBytes the size of its weights and biases in memory
 */
public record Packing(State state, long heldBytes) {
  /** Returns the size of a layer's weights and biases with packed codes. */
  long bytes(String layer) {
    long packed = 0;
    for (Map.Entry<String, PackedTensor> tensor : state.packed().entrySet()) {
      packed += isOf(layer, tensor.getKey()) ? tensor.getValue().bytes() : 0;
    }
    for (Map.Entry<String, INDArray> tensor : state.tensors().entrySet()) {
      packed += isOf(layer, tensor.getKey()) ? tensor.getValue().length() * Float.BYTES : 0;
    }
    return packed;
  }

  /** Returns the size of a layer's weights and biases as float32. */
  long floatBytes(String layer) {
    long values = 0;
    for (Map.Entry<String, PackedTensor> tensor : state.packed().entrySet()) {
      values += isOf(layer, tensor.getKey()) ? tensor.getValue().length() : 0;
    }
    for (Map.Entry<String, INDArray> tensor : state.tensors().entrySet()) {
      values += isOf(layer, tensor.getKey()) ? tensor.getValue().length() : 0;
    }
    return values * Float.BYTES;
  }

  private static boolean isOf(String layer, String path) {
    return path.startsWith(layer + ".") && path.indexOf('.', layer.length() + 1) < 0;
  }

  public static Packing of(ModelShape shape, State state) {
    return Workspaces.outside(() -> packed(shape, state));
  }

  private static Packing packed(ModelShape shape, State state) {
    Map<String, PackedTensor> packed = new LinkedHashMap<>();
    Map<String, INDArray> floats = new LinkedHashMap<>();
    long held = 0;
    for (TensorSite site : shape.sites().values()) {
      TensorRole role = site.tensor().role();
      if (role != TensorRole.WEIGHT && role != TensorRole.BIAS) {
        continue;
      }
      INDArray tensor = shape.tensor(site, state);
      QuantDescriptor descriptor = state.descriptors().get(site.path());
      boolean unpacks = shape.layer(site).type().unpacksWeights();
      if (descriptor != null) {
        PackedTensor bits = WeightQuantizer.of(shape, state, site, descriptor, tensor).pack(tensor);
        packed.put(site.path(), bits);
        held += unpacks ? bits.bytes() : tensor.length() * Float.BYTES;
      } else {
        floats.put(site.path(), tensor);
        held += tensor.length() * Float.BYTES;
      }
    }
    return new Packing(state.withPacked(packed, floats), held);
  }
}
