package dev.bitfold.onnx.file;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import onnx.Onnx.TensorProto;

/** Converts between float32 and IEEE 754 binary16. */
public final class Float16 {
  private static final int MIN_EXPONENT = -14;
  private static final int MAX_EXPONENT = 15;
  private static final int MANTISSA_BITS = 10;
  private static final int HIDDEN = 1 << MANTISSA_BITS;
  private static final int SIGN = 0x8000;
  private static final int INEXACT = -1;

  private Float16() {}

  /**
   * Returns a float16 tensor with the values; empty if one of them is not exactly a finite float16
   * number.
   */
  public static Optional<TensorProto> exactly(String name, float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      int bits = bits(value);
      if (bits == INEXACT) {
        return Optional.empty();
      }
      bytes.putShort((short) bits);
    }
    return Optional.of(Tensors.of(name, ElementType.FLOAT16, bytes.array(), shape));
  }

  /** Returns the bits of a number; {@link #INEXACT} if float16 does not hold it. */
  private static int bits(float value) {
    int sign = Float.floatToRawIntBits(value) < 0 ? SIGN : 0;
    float magnitude = Math.abs(value);
    int exponent = Math.getExponent(magnitude);
    if (exponent > MAX_EXPONENT) {
      return INEXACT;
    }
    int unit = Math.max(exponent, MIN_EXPONENT) - MANTISSA_BITS;
    float units = Math.scalb(magnitude, -unit);
    int whole = (int) units;
    if (units != whole) {
      return INEXACT;
    }
    // The number of units of a normal number has a bit more than the mantissa, which adds 1 to the
    // exponent.
    int biased = Math.max(exponent, MIN_EXPONENT) - MIN_EXPONENT;
    return sign | (biased << MANTISSA_BITS) + whole;
  }

  /** Returns the number that has the bits. */
  static float value(int bits) {
    int exponent = bits >> MANTISSA_BITS & 0x1f;
    int mantissa = bits & HIDDEN - 1;
    float magnitude =
        switch (exponent) {
          case 0 -> Math.scalb((float) mantissa, MIN_EXPONENT - MANTISSA_BITS);
          case 31 -> mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
          default -> Math.scalb((float) (mantissa | HIDDEN), exponent - 25);
        };
    return (bits & SIGN) == 0 ? magnitude : -magnitude;
  }
}
