package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.session.ValueType;
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
    ValueType type = ValueType.of(value);
    if (type.arrays() == DataType.UNKNOWN) {
      throw new OnnxException(
          file,
          "takes the input "
              + type.name()
              + " of "
              + (type.elementType() == 0 ? "another kind than a tensor" : "type " + type.typeName())
              + ", which cannot be fed here");
    }
    return new FeedInput(type.name(), type.arrays(), type.sizes());
  }
}
