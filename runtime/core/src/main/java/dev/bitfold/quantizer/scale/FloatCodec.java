package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.tensor.DenseFloats;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rounding to a small float format, and its codes: sign, exponent and mantissa bits, from the top.
 * Half to even; in a format without mantissa bits half away from zero. Immutable.
 */
public final class FloatCodec {
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

  /** The codec of a format. */
  public static FloatCodec of(FloatFormat format) {
    Objects.requireNonNull(format, "format");
    return new FloatCodec(format);
  }

  /** The format. */
  public FloatFormat format() {
    return format;
  }

  /** The nearest number of the format; infinities become the largest, NaN stays. */
  public float round(float x) {
    return round(x, Overflow.SATURATE);
  }

  /** The nearest number of the format; NaN stays. */
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

  /** Each element rounded, in a new float32 array of c order. */
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
   * The code of a value, rounded and saturated. NaN becomes the code of NaN; in a format without
   * one that of the largest number, as NVIDIA's conversions do.
   */
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
   * The value of a code.
   *
   * @throws IllegalArgumentException if it has bits above the format's
   */
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

  /** Every code's value, from code 0 on. */
  public float[] values() {
    float[] values = new float[2 * signBit];
    for (int code = 0; code < values.length; code++) {
      values[code] = decode(code);
    }
    return values;
  }
}
