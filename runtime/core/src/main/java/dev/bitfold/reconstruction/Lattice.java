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
  /** The most bits of a float format whose numbers are listed. */
  int MOST_BITS = 8;

  /**
   * Returns the number nearest to a value.
   *
   * @param zeroPoint the zero point of affine integers, or 0
   */
  double nearest(double value, int zeroPoint);

  /** Returns the largest number, which is what an amax is mapped to. */
  double largest();

  /** Returns the numbers of a descriptor's format. */
  static Lattice of(QuantDescriptor descriptor) {
    return Scaling.grid(descriptor)
        .match(
            integers -> new Integers(integers.min(), integers.max()),
            floats -> new Listed(numbers(floats)),
            table -> {
              float[] values = Grid.Table.values();
              return new Listed(
                  IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
            });
  }

  private static double[] numbers(Grid.Floats grid) {
    double step = Math.scalb(1.0, grid.minExponent() - grid.mantissa());
    int perBinade = 1 << grid.mantissa();
    return IntStream.iterate(0, i -> i + 1)
        .mapToDouble(
            i ->
                i < perBinade
                    ? i * step
                    : Math.scalb((perBinade + i % perBinade) * step, i / perBinade - 1))
        .takeWhile(number -> number <= grid.max())
        .flatMap(number -> DoubleStream.of(-number, number))
        .sorted()
        .distinct()
        .toArray();
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
  }

  /** Holds numbers in ascending order. */
  final class Listed implements Lattice {
    private final double[] numbers;

    Listed(double[] numbers) {
      this.numbers = numbers;
    }

    double[] numbers() {
      return numbers;
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
  }
}
