package dev.bitfold.onnx.model.cut;

import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;

/** Declarations of values. */
final class Values {
  private Values() {}

  /** Returns a tensor of a type and of any shape. */
  static ValueInfoProto typed(String name, int elementType) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(elementType)))
        .build();
  }

  /** Returns an output, whose type the runtime infers. */
  static ValueInfoProto untyped(String name) {
    return ValueInfoProto.newBuilder().setName(name).build();
  }

  /** Returns the element type of a tensor; 0 if the value is none, or not typed. */
  static int elementType(ValueInfoProto value) {
    return value.getType().getTensorType().getElemType();
  }
}
