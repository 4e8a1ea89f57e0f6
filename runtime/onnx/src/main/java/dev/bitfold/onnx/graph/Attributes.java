package dev.bitfold.onnx.graph;

import java.util.Arrays;
import onnx.Onnx.AttributeProto;

/** Makes attributes of nodes. */
final class Attributes {
  private Attributes() {}

  static AttributeProto integer(String name, long value) {
    return of(name, AttributeProto.AttributeType.INT).setI(value).build();
  }

  static AttributeProto number(String name, double value) {
    return of(name, AttributeProto.AttributeType.FLOAT).setF((float) value).build();
  }

  static AttributeProto integers(String name, long... values) {
    AttributeProto.Builder attribute = of(name, AttributeProto.AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  private static AttributeProto.Builder of(String name, AttributeProto.AttributeType type) {
    return AttributeProto.newBuilder().setName(name).setType(type);
  }
}
