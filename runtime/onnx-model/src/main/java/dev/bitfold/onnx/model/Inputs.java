package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.model.data.FeedInput;
import java.util.ArrayList;
import java.util.List;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto.Dimension;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.buffer.DataType;

/** Reads the inputs of a file. */
final class Inputs {
  private Inputs() {}

  /**
   * Returns an input with its type and shape.
   *
   * @throws OnnxException if it is not a tensor of numbers
   */
  static FeedInput of(String file, ValueInfoProto value) {
    TypeProto.Tensor tensor = value.getType().getTensorType();
    TensorProto.DataType type = TensorProto.DataType.forNumber(tensor.getElemType());
    DataType known = type == null ? DataType.UNKNOWN : type(type);
    if (!value.getType().hasTensorType() || known == DataType.UNKNOWN) {
      throw new OnnxException(
          file,
          "takes the input "
              + value.getName()
              + " of "
              + (value.getType().hasTensorType() ? "type " + type : "another kind than a tensor")
              + ", which cannot be fed here");
    }
    List<Long> shape = new ArrayList<>();
    for (Dimension size : tensor.getShape().getDimList()) {
      shape.add(
          size.hasDimValue() && size.getDimValue() >= 0 ? size.getDimValue() : FeedInput.OPEN);
    }
    return new FeedInput(value.getName(), known, shape);
  }

  private static DataType type(TensorProto.DataType type) {
    return switch (type) {
      case FLOAT -> DataType.FLOAT;
      case DOUBLE -> DataType.DOUBLE;
      case FLOAT16 -> DataType.FLOAT16;
      case INT64 -> DataType.INT64;
      case INT32 -> DataType.INT32;
      case INT16 -> DataType.INT16;
      case INT8 -> DataType.INT8;
      case UINT8 -> DataType.UINT8;
      case BOOL -> DataType.BOOL;
      default -> DataType.UNKNOWN;
    };
  }
}
