package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.kernel.Grid;

/**
 * Encodes and decodes a format's numbers. The codes of integers are the integers in two's
 * complement. The codes of floats are sign, exponent and mantissa bits. The code of an NF4 value is
 * its index. Immutable.
 */
public sealed interface ElementCodec permits FloatCodec, ElementCodec.Integers, ElementCodec.Nf4 {
  /** Returns the codec of a format. */
  static ElementCodec of(NumberFormat format) {
    return format.match(Integers::new, FloatCodec::of, nf4 -> new Nf4());
  }

  /** Returns whether there is a code for NaN. */
  boolean hasNaN();

  /** Returns whether a code's highest bit is its sign: whether codes are in two's complement. */
  boolean signed();

  /**
   * Returns the code of one of the format's numbers.
   *
   * @param number a number of the format; NaN only if {@link #hasNaN}
   */
  int encode(float number);

  /** Returns the number of a code, which has its sign if codes are {@link #signed}. */
  float decode(int code);

  /** Encodes integers. */
  record Integers(IntFormat format) implements ElementCodec {
    @Override
    public boolean hasNaN() {
      return false;
    }

    @Override
    public boolean signed() {
      return format.min() < 0;
    }

    @Override
    public int encode(float number) {
      return (int) number;
    }

    @Override
    public float decode(int code) {
      return code;
    }
  }

  /** Encodes the values of {@link Grid.Table}. */
  record Nf4() implements ElementCodec {
    @Override
    public boolean hasNaN() {
      return false;
    }

    @Override
    public boolean signed() {
      return false;
    }

    @Override
    public int encode(float number) {
      return Grid.Table.nearest(number);
    }

    @Override
    public float decode(int code) {
      return Grid.Table.value(code);
    }
  }
}
