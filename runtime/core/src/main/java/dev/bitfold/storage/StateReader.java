package dev.bitfold.storage;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.scale.PackedParts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Reads the state in a file. Every tensor of the file must have a meaning; otherwise, {@link
 * IllegalArgumentException} is thrown.
 */
final class StateReader {
  private final Safetensors file;
  private final Map<String, StoredTensor> left;

  StateReader(Safetensors file) {
    this.file = file;
    this.left = new LinkedHashMap<>(file.tensors());
  }

  StateFile read() {
    Schema schema = new Schema(StateJson.read(text(StateFile.SCHEMA), "the schema"));
    if (!schema.hash().equals(text(StateFile.SCHEMA_HASH))) {
      throw new IllegalArgumentException("its schema does not fit the hash of it");
    }
    checkContents();
    Map<String, QuantDescriptor> descriptors =
        StateJson.readDescriptors(text(StateFile.DESCRIPTORS));
    Map<String, PackedTensor> packed = packed(descriptors);
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    Map<String, INDArray> preQuantScales = new LinkedHashMap<>();
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    for (String path : schema.tensors().keySet()) {
      CalibratedScale scale = scale(path);
      if (scale != null) {
        scales.put(path, scale);
      }
      take(path + StateFile.PRE_SCALE, preQuantScales, path);
      take(path, tensors, path);
    }
    if (!left.isEmpty()) {
      throw new IllegalArgumentException("its tensors " + left.keySet() + " have no meaning");
    }
    Map<String, String> weights = StateJson.read(text(StateFile.WEIGHTS), "the hashes of weights");
    State state = new State(descriptors, scales, preQuantScales, tensors, packed, Map.of());
    checkComplete(schema, weights, state);
    return new StateFile(schema, weights, state, text(StateFile.SUMMARY));
  }

  /**
   * Checks the list of tensors, so that a file that has lost some is not taken for a smaller state.
   */
  private void checkContents() {
    for (String name : StateJson.readNames(text(StateFile.CONTENTS))) {
      if (!left.containsKey(name)) {
        throw new IllegalArgumentException("its tensor " + name + " is missing");
      }
    }
  }

  /**
   * Checks that every weight and bias is in the file or known by its hash, and that every static
   * quantizer has a scale.
   */
  private static void checkComplete(Schema schema, Map<String, String> weights, State state) {
    for (String path : schema.tensors().keySet()) {
      TensorRole role = schema.entry(path).role();
      QuantDescriptor descriptor = state.descriptors().get(path);
      if (role == TensorRole.WEIGHT || role == TensorRole.BIAS) {
        boolean held =
            state.tensors().containsKey(path)
                || state.packed().containsKey(path)
                || weights.containsKey(path);
        if (!held) {
          throw new IllegalArgumentException("it holds neither the values nor the hash of " + path);
        }
      } else if (descriptor != null
          && descriptor.needsCalibration()
          && !state.scales().containsKey(path)) {
        throw new IllegalArgumentException("it holds no amax of " + path);
      }
    }
    List<String> strangers = new ArrayList<>(state.descriptors().keySet());
    strangers.addAll(weights.keySet());
    strangers.removeAll(schema.tensors().keySet());
    if (!strangers.isEmpty()) {
      throw new IllegalArgumentException("its schema does not describe " + strangers);
    }
  }

  private String text(String key) {
    String text = file.metadata().get(key);
    if (text == null) {
      throw new IllegalArgumentException("its metadata has no " + key);
    }
    return text;
  }

  private void take(String name, Map<String, INDArray> into, String path) {
    StoredTensor tensor = left.remove(name);
    if (tensor != null) {
      into.put(path, tensor.toTensor());
    }
  }

  private @Nullable CalibratedScale scale(String path) {
    StoredTensor amax = left.remove(path + StateFile.AMAX);
    if (amax != null) {
      return new CalibratedScale.Amax(amax.toTensor());
    }
    StoredTensor min = left.remove(path + StateFile.MIN);
    StoredTensor max = left.remove(path + StateFile.MAX);
    if (min == null && max == null) {
      return null;
    }
    if (min == null || max == null) {
      throw new IllegalArgumentException(path + " has only one end of its range");
    }
    return new CalibratedScale.Range(min.toTensor(), max.toTensor());
  }

  private Map<String, PackedTensor> packed(Map<String, QuantDescriptor> descriptors) {
    Map<String, PackedTensor> packed = new LinkedHashMap<>();
    StateJson.readPacked(text(StateFile.PACKED))
        .forEach(
            (path, shape) -> {
              QuantDescriptor descriptor = descriptors.get(path);
              StoredTensor codes = left.remove(path);
              if (descriptor == null || codes == null) {
                throw new IllegalArgumentException(path + " is packed, and has no codes");
              }
              PackedParts parts =
                  new PackedParts(
                      codes.toBytes(),
                      bytes(path + StateFile.SCALE_CODES),
                      floats(path + StateFile.SCALE),
                      floats(path + StateFile.ZERO_POINT),
                      offset(path + StateFile.SCALE_OFFSET));
              Layout layout = new Layout(shape.layout());
              packed.put(path, PackedTensor.of(descriptor, layout, shape.shape(), parts));
            });
    return packed;
  }

  private byte[] bytes(String name) {
    StoredTensor tensor = left.remove(name);
    return tensor == null ? new byte[0] : tensor.toBytes();
  }

  private float[] floats(String name) {
    StoredTensor tensor = left.remove(name);
    return tensor == null ? new float[0] : tensor.toFloats();
  }

  private float offset(String name) {
    float[] offset = floats(name);
    return offset.length == 0 ? 0f : offset[0];
  }
}
