package dev.bitfold.onnx.session;

import ai.onnxruntime.OnnxTensorLike;
import dev.bitfold.onnx.file.ElementType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.StringStringEntryProto;
import onnx.Onnx.TensorProto;

/**
 * Holds a model whose weights are given to ONNX Runtime beside it, where they stand: a message has
 * at most 2 GiB, and weights in it are copied.
 *
 * @param rest the model, which names the weights
 * @param weights by name
 */
record LooseWeights(ModelProto rest, Map<String, RuntimeValue> weights) {
  private static final int MIN_BYTES = 1 << 10;

  /** Takes the weights out of a model, but for small ones and those of types without values. */
  static LooseWeights of(ModelProto model) {
    Map<String, RuntimeValue> weights = new LinkedHashMap<>();
    GraphProto.Builder graph = model.getGraph().toBuilder();
    try {
      for (int i = 0; i < graph.getInitializerCount(); i++) {
        TensorProto tensor = graph.getInitializer(i);
        if (tensor.getRawData().size() < MIN_BYTES
            || !RuntimeValue.isFed(ElementType.of(tensor.getDataType()))) {
          continue;
        }
        weights.put(tensor.getName(), RuntimeValue.of(tensor));
        graph.setInitializer(
            i,
            tensor.toBuilder()
                .clearRawData()
                .setDataLocation(TensorProto.DataLocation.EXTERNAL)
                .addExternalData(
                    StringStringEntryProto.newBuilder().setKey("location").setValue("given")));
      }
      return new LooseWeights(model.toBuilder().setGraph(graph).build(), weights);
    } catch (RuntimeException e) {
      weights.values().forEach(RuntimeValue::close);
      throw e;
    }
  }

  List<RuntimeValue> values() {
    return List.copyOf(weights.values());
  }

  Map<String, OnnxTensorLike> byName() {
    Map<String, OnnxTensorLike> byName = new LinkedHashMap<>();
    weights.forEach((name, value) -> byName.put(name, value.tensor()));
    return byName;
  }
}
