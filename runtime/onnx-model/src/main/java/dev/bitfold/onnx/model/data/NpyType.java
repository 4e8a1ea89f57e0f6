package dev.bitfold.onnx.model.data;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A type of NumPy's arrays.
 *
 * @param bytes of an element in the file
 * @param type of the array that holds the same values
 * @param order of the bytes in the file
 */
record NpyType(int bytes, DataType type, ByteOrder order) {
  /** Returns the type that a header names, such as {@code <f4}, if it is one of numbers. */
  static Optional<NpyType> of(String descr) {
    if (descr.length() < 3) {
      return Optional.empty();
    }
    ByteOrder order = descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    DataType type =
        switch (descr.substring(1)) {
          case "b1" -> DataType.BOOL;
          case "i1" -> DataType.INT8;
          case "u1" -> DataType.UINT8;
          case "i2" -> DataType.INT16;
          case "u2", "i4" -> DataType.INT32;
          case "u4", "i8", "u8" -> DataType.INT64;
          case "f2" -> DataType.FLOAT16;
          case "f4" -> DataType.FLOAT;
          case "f8" -> DataType.DOUBLE;
          default -> DataType.UNKNOWN;
        };
    return type == DataType.UNKNOWN || "<>|=".indexOf(descr.charAt(0)) < 0
        ? Optional.empty()
        : Optional.of(new NpyType(descr.charAt(2) - '0', type, order));
  }

  /**
   * Returns the values as {@link #type} in this machine's byte order.
   *
   * @throws ArithmeticException if a uint64 is larger than any int64
   */
  byte[] decode(byte[] values) {
    int width = type.width();
    if (width == 1 || (width == bytes && order == ByteOrder.nativeOrder())) {
      return values;
    }
    int count = values.length / bytes;
    ByteBuffer in = ByteBuffer.wrap(values).order(order);
    ByteBuffer out = ByteBuffer.allocate(count * width).order(ByteOrder.nativeOrder());
    for (int i = 0; i < count; i++) {
      switch (bytes) {
        case 2 -> {
          short value = in.getShort();
          if (width == 2) {
            out.putShort(value);
          } else {
            out.putInt(Short.toUnsignedInt(value));
          }
        }
        case 4 -> {
          int value = in.getInt();
          if (width == 4) {
            out.putInt(value);
          } else {
            out.putLong(Integer.toUnsignedLong(value));
          }
        }
        default -> out.putLong(in.getLong());
      }
    }
    return out.array();
  }
}
