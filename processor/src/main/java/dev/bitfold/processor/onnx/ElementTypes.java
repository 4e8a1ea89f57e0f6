package dev.bitfold.processor.onnx;

import java.util.List;

/** Names the types of elements that ONNX numbers. */
public final class ElementTypes {
  private static final List<String> NAMES =
      List.of(
          "",
          "float32",
          "uint8",
          "int8",
          "uint16",
          "int16",
          "int32",
          "int64",
          "string",
          "bool",
          "float16",
          "float64",
          "uint32",
          "uint64",
          "complex64",
          "complex128",
          "bfloat16");

  private ElementTypes() {}

  /** Returns the name that NumPy gives to a type. */
  public static String name(int type) {
    return type > 0 && type < NAMES.size() ? NAMES.get(type) : "number " + type;
  }
}
