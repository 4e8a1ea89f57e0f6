package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.tensor.DenseFloats;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rounds to a small float format, and encodes its numbers: sign, exponent and mantissa bits, from
 * the highest bit. Ties go to even, or away from zero in a format without mantissa bits. Immutable.
 */
public final class FloatCodec implements ElementCodec {
  /** E4M3 of OCP OFP8. */
  public static final FloatCodec E4M3 = of(new FloatFormat(4, 3));

  private final FloatFormat format;
  private final int signBit;
  private final int maxCode;

  private FloatCodec(FloatFormat format) {
    this.format = format;
    this.signBit = 1 << (format.exponent() + format.mantissa());
    this.maxCode = signBit - 1 - (format.ieee() ? 1 << format.mantissa() : format.hasNaN() ? 1 : 0);
  }

  /** Returns the codec of a format. */
  public static FloatCodec of(FloatFormat format) {
    Objects.requireNonNull(format, "format");
    return new FloatCodec(format);
  }

  /** Returns the format. */
  public FloatFormat format() {
    return format;
  }

  @Override
  public boolean hasNaN() {
    return format.hasNaN();
  }

  @Override
  public boolean signed() {
    return false;
  }

  /** Returns the nearest number of the format. Infinities become the largest number, NaN stays. */
  public float round(float x) {
    return round(x, Overflow.SATURATE);
  }

  /** Returns the nearest number of the format. NaN stays. */
  public float round(float x, Overflow overflow) {
    Objects.requireNonNull(overflow, "overflow");
    if (Float.isNaN(x) || (Float.isInfinite(x) && overflow == Overflow.SATURATE_FINITE)) {
      return x;
    }
    double rounded = Float.isInfinite(x) ? Double.POSITIVE_INFINITY : unbounded(Math.abs(x));
    if (rounded > format.max()) {
      rounded = overflow == Overflow.NON_FINITE ? beyond() : format.max();
    }
    return Math.copySign((float) rounded, x);
  }

  private double beyond() {
    return format.ieee() ? Double.POSITIVE_INFINITY : format.hasNaN() ? Double.NaN : format.max();
  }

  private double unbounded(double magnitude) {
    int step = Math.max(Math.getExponent(magnitude), format.minExponent()) - format.mantissa();
    double steps = Math.scalb(magnitude, -step);
    double whole =
        format.mantissa() == 0 ? Math.floor(steps) + (steps % 1 >= 0.5 ? 1 : 0) : Math.rint(steps);
    return Math.scalb(whole, step);
  }

  /** Returns each element rounded, in a new float32 array of c order. */
  public INDArray cast(INDArray x, Overflow overflow) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(overflow, "overflow");
    float[] values = DenseFloats.of(x, "a tensor to cast").copy();
    for (int i = 0; i < values.length; i++) {
      values[i] = round(values[i], overflow);
    }
    return DenseFloats.array(values, x.shape());
  }

  /**
   * Returns the code of a value, rounded and saturated. NaN becomes the code of NaN, or that of the
   * largest number if the format has no NaN, as in NVIDIA's conversions.
   */
  @Override
  public int encode(float x) {
    if (Float.isNaN(x)) {
      return format.hasNaN() ? signBit - 1 : maxCode;
    }
    float rounded = round(x);
    int sign = Float.floatToRawIntBits(rounded) < 0 ? signBit : 0;
    double magnitude = Math.abs((double) rounded);
    int exponent = Math.max(Math.getExponent(magnitude), format.minExponent());
    int significand = (int) Math.scalb(magnitude, format.mantissa() - exponent);
    // A normal number's leading bit adds 1 to the exponent bits, which start at 0.
    return sign | ((exponent - format.minExponent()) << format.mantissa()) + significand;
  }

  /**
   * Returns the value of a code.
   *
   * @throws IllegalArgumentException if the code has more bits than the format
   */
  @Override
  public float decode(int code) {
    if (code < 0 || code >= 2 * signBit) {
      throw new IllegalArgumentException("code " + code + " of " + format.label());
    }
    int magnitude = code & (signBit - 1);
    float sign = (code & signBit) != 0 ? -1f : 1f;
    if (magnitude > maxCode) {
      boolean infinite = format.ieee() && magnitude == maxCode + 1;
      return infinite ? sign * Float.POSITIVE_INFINITY : Float.NaN;
    }
    int exponent = magnitude >> format.mantissa();
    int fraction = magnitude & ((1 << format.mantissa()) - 1);
    return sign
        * (exponent == 0
            ? Math.scalb((float) fraction, format.minExponent() - format.mantissa())
            : Math.scalb(
                (float) (fraction + (1 << format.mantissa())),
                exponent - 1 + format.minExponent() - format.mantissa()));
  }

  /** Returns every code's value, from code 0 on. */
  public float[] values() {
    float[] values = new float[2 * signBit];
    for (int code = 0; code < values.length; code++) {
      values[code] = decode(code);
    }
    return values;
  }
}
