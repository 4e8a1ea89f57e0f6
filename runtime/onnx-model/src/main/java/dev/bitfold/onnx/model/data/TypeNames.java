package dev.bitfold.onnx.model.data;

import java.util.Locale;
import org.nd4j.linalg.api.buffer.DataType;

/** The names that NumPy and ONNX give to types of values. */
final class TypeNames {
  private TypeNames() {}

  static String of(DataType type) {
    return switch (type) {
      case FLOAT -> "float32";
      case DOUBLE -> "float64";
      case HALF -> "float16";
      case BFLOAT16 -> "bfloat16";
      case LONG -> "int64";
      case INT -> "int32";
      case SHORT -> "int16";
      case BYTE -> "int8";
      case UBYTE -> "uint8";
      case BOOL -> "bool";
      case UINT16, UINT32, UINT64, UTF8, COMPRESSED, UNKNOWN ->
          type.name().toLowerCase(Locale.ROOT);
    };
  }
}
