package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.shade.protobuf.ByteString;

/**
 * Changes a file in the last bits of its float constants, about as much as a sum changes when it is
 * added in another order. How far the outputs of such files are apart tells how far two right
 * implementations of one quantized file may be apart: where a value is near the middle between two
 * codes, a last bit decides on which one it becomes.
 */
final class LastBits {
  /** By how much of itself a constant changes at most. */
  private static final float CHANGE = 0x1p-20f;

  /** Operators that compute with the numbers of a constant, and do not read options from it. */
  private static final Set<String> ARITHMETIC =
      Set.of(
          "Add",
          "Sub",
          "Mul",
          "Div",
          "MatMul",
          "Gemm",
          "Conv",
          "ConvTranspose",
          "Gather",
          "DequantizeLinear",
          "LayerNormalization",
          "SkipLayerNormalization",
          "InstanceNormalization",
          "BatchNormalization");

  private LastBits() {}

  /** Returns the file with other last bits. Single numbers, such as exponents, stay. */
  static ModelProto of(OnnxFile file, long seed) {
    Random random = new Random(seed);
    ModelProto.Builder model = file.model().toBuilder();
    GraphProto.Builder graph = model.getGraphBuilder();
    Set<String> computed = new HashSet<>();
    Set<String> other = new HashSet<>();
    for (NodeProto node : graph.getNodeList()) {
      (ARITHMETIC.contains(node.getOpType()) ? computed : other).addAll(node.getInputList());
    }
    for (TensorProto.Builder tensor : graph.getInitializerBuilderList()) {
      String name = tensor.getName();
      if (tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE
          && tensor.getExternalDataCount() == 0
          && computed.contains(name)
          && !other.contains(name)) {
        float[] values = Tensors.floats(file.name(), tensor.build());
        if (values.length > 1) {
          tensor.clearFloatData().setRawData(changed(values, random));
        }
      }
    }
    return model.build();
  }

  private static ByteString changed(float[] values, Random random) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      float changed = value + value * CHANGE * (2 * random.nextFloat() - 1);
      bytes.putFloat(Float.isFinite(changed) ? changed : value);
    }
    return ByteString.copyFrom(bytes.array());
  }
}
