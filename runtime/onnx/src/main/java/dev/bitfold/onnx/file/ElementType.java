package dev.bitfold.onnx.file;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Lists the element types of ONNX tensors, with their numbers in the format (onnx.proto3,
 * TensorProto.DataType).
 */
public enum ElementType {
  FLOAT(1, 32, DataType.FLOAT),
  UINT8(2, 8, DataType.UINT8),
  INT8(3, 8, DataType.INT8),
  UINT16(4, 16, DataType.UINT16),
  INT16(5, 16, DataType.INT16),
  INT32(6, 32, DataType.INT32),
  INT64(7, 64, DataType.INT64),
  BOOL(9, 8, DataType.BOOL),
  FLOAT16(10, 16, DataType.FLOAT16),
  DOUBLE(11, 64, DataType.DOUBLE),
  UINT32(12, 32, DataType.UINT32),
  UINT64(13, 64, DataType.UINT64),
  BFLOAT16(16, 16, DataType.BFLOAT16),
  FLOAT8E4M3FN(17, 8, null),
  FLOAT8E5M2(19, 8, null),
  UINT4(21, 4, null),
  INT4(22, 4, null);

  private final int number;
  private final int bits;
  private final @Nullable DataType nd4j;

  ElementType(int number, int bits, @Nullable DataType nd4j) {
    this.number = number;
    this.bits = bits;
    this.nd4j = nd4j;
  }

  /** Returns the type's number in files. */
  public int number() {
    return number;
  }

  /** Returns the number of bits of one element. */
  public int bits() {
    return bits;
  }

  /** Returns ND4J's type; null if there is none. */
  public @Nullable DataType nd4j() {
    return nd4j;
  }

  /** Returns the number of bytes of a number of elements. */
  public long bytes(long elements) {
    return (Math.multiplyExact(elements, (long) bits) + 7) / 8;
  }

  /** Returns the first opset in which QuantizeLinear and DequantizeLinear accept this type. */
  public int opset() {
    return switch (this) {
      case FLOAT8E4M3FN, FLOAT8E5M2 -> 19;
      case UINT4, INT4 -> 21;
      default -> 10;
    };
  }

  boolean isFloat() {
    return this == FLOAT || this == FLOAT16 || this == DOUBLE || this == BFLOAT16;
  }

  /** Returns the type of a number in a file; null if the number is not known. */
  public static @Nullable ElementType of(int number) {
    for (ElementType type : values()) {
      if (type.number == number) {
        return type;
      }
    }
    return null;
  }
}
