package dev.bitfold.reconstruction;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Grid;
import dev.bitfold.quantizer.scale.Scaling;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Finds the nearest number that a format has, in units of the scale. Which of two numbers that are
 * equally near is of no matter here: the choice is compared by its error.
 */
interface Lattice {
  /** More than twice the numbers that any format has between its largest one and half of it. */
  int STEPS = 1 << 16;

  /**
   * Returns the number nearest to a value.
   *
   * @param zeroPoint the zero point of affine integers, or 0
   */
  double nearest(double value, int zeroPoint);

  /** Returns the largest number, which is what an amax is mapped to. */
  double largest();

  /** Returns the smallest number above another one that is above 0 and below the largest. */
  default double above(double other) {
    double value = other;
    while (nearest(value, 0) <= other) {
      value += largest() / STEPS;
    }
    return nearest(value, 0);
  }

  /** Returns those of these numbers whose negative is one, too. */
  Lattice symmetric();

  /** Returns the numbers of a descriptor's format. */
  static Lattice of(QuantDescriptor descriptor) {
    return Scaling.grid(descriptor)
        .match(
            integers -> new Integers(integers.min(), integers.max()),
            floats -> new Floats(floats.mantissa(), floats.minExponent(), floats.max()),
            table -> {
              float[] values = Grid.Table.values();
              return new Listed(
                  IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
            });
  }

  /** Holds the integers from {@code min} to {@code max}, before the zero point is subtracted. */
  record Integers(int min, int max) implements Lattice {
    @Override
    public double nearest(double value, int zeroPoint) {
      return Math.min(Math.max(Math.rint(value) + zeroPoint, min), max) - zeroPoint;
    }

    @Override
    public double largest() {
      return max;
    }

    @Override
    public Lattice symmetric() {
      return new Integers(Math.max(min, -max), max);
    }
  }

  /**
   * Holds floats with subnormals.
   *
   * @param minExponent the exponent of the smallest normal number
   */
  record Floats(int mantissa, int minExponent, double largest) implements Lattice {
    @Override
    public double nearest(double value, int zeroPoint) {
      double magnitude = Math.min(Math.abs(value), largest);
      int exponent = Math.max(Math.getExponent(magnitude), minExponent);
      double step = Math.scalb(1.0, exponent - mantissa);
      return Math.copySign(Math.min(Math.rint(magnitude / step) * step, largest), value);
    }

    @Override
    public Lattice symmetric() {
      return this;
    }
  }

  /** Holds numbers in ascending order. */
  final class Listed implements Lattice {
    private final double[] numbers;

    Listed(double[] numbers) {
      this.numbers = numbers;
    }

    @Override
    public double nearest(double value, int zeroPoint) {
      int at = Arrays.binarySearch(numbers, value);
      if (at >= 0) {
        return value;
      }
      int above = Math.min(-at - 1, numbers.length - 1);
      int below = Math.max(above - 1, 0);
      return value - numbers[below] <= numbers[above] - value ? numbers[below] : numbers[above];
    }

    @Override
    public double largest() {
      return numbers[numbers.length - 1];
    }

    @Override
    public Lattice symmetric() {
      double[] both =
          DoubleStream.of(numbers).filter(n -> Arrays.binarySearch(numbers, -n) >= 0).toArray();
      return new Listed(both);
    }
  }
}
