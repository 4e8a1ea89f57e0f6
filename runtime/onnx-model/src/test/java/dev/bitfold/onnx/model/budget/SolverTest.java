package dev.bitfold.onnx.model.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The solver chooses as well as trying all choices does. */
class SolverTest {
  private static final double FLOAT_TIME = 20;
  private static final int FLOAT_BYTES = 20_000;

  static IntStream seeds() {
    return IntStream.range(0, 60);
  }

  /** Up to 12 units, of which some save time together, and some errors are not a sum. */
  private static Problem random(Random random) {
    int count = 1 + random.nextInt(12);
    List<Unit> units = new ArrayList<>();
    double[] time = new double[count];
    double[] error = new double[count];
    List<Problem.Gain> timeGains = new ArrayList<>();
    List<Problem.Gain> errorGains = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      units.add(new Unit("u" + i, List.of(), List.of(), List.of(), random.nextInt(1000)));
      time[i] = random.nextDouble() * random.nextInt(3);
      error[i] = Math.pow(10, -4 * random.nextDouble());
      timeGains.add(new Problem.Gain(4 * random.nextDouble(), some(random, count, 1)));
      timeGains.add(new Problem.Gain(4 * random.nextDouble(), some(random, count, 3)));
      if (random.nextBoolean()) {
        BitSet pair = some(random, count, 1);
        pair.set(i);
        errorGains.add(new Problem.Gain(error[i] / 2, pair));
      }
    }
    return new Problem(
        units,
        FLOAT_TIME,
        DoubleStream.of(time).boxed().toList(),
        timeGains,
        DoubleStream.of(error).boxed().toList(),
        errorGains,
        List.of(),
        FLOAT_BYTES);
  }

  private static BitSet some(Random random, int count, int most) {
    BitSet some = new BitSet();
    for (int i = 0; i < most; i++) {
      some.set(random.nextInt(count));
    }
    return some;
  }

  private static List<BitSet> all(Problem problem) {
    return IntStream.range(0, 1 << problem.units().size())
        .mapToObj(bits -> BitSet.valueOf(new long[] {bits}))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void leastErrorIsThatOfAllChoices(int seed) {
    Random random = new Random(seed);
    Problem problem = random(random);
    double time = FLOAT_TIME * random.nextDouble();
    double bytes = seed % 2 == 0 ? Double.POSITIVE_INFINITY : FLOAT_BYTES - random.nextInt(3000);
    double least =
        all(problem).stream()
            .filter(on -> problem.time(on) <= time && problem.bytes(on) <= bytes)
            .mapToDouble(problem::error)
            .min()
            .orElse(Double.NaN);
    check(least, new Solver(problem).leastError(time, bytes).map(problem::error));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void leastTimeIsThatOfAllChoices(int seed) {
    Random random = new Random(1000L + seed);
    Problem problem = random(random);
    double error = 2 * random.nextDouble() * random.nextDouble();
    double bytes = seed % 2 == 0 ? Double.POSITIVE_INFINITY : FLOAT_BYTES - random.nextInt(3000);
    double least =
        all(problem).stream()
            .filter(on -> problem.error(on) <= error && problem.bytes(on) <= bytes)
            .mapToDouble(problem::time)
            .min()
            .orElse(Double.NaN);
    check(least, new Solver(problem).leastTime(error, bytes).map(problem::time));
  }

  private static void check(double expected, Optional<Double> found) {
    if (Double.isNaN(expected)) {
      assertTrue(found.isEmpty());
    } else {
      assertEquals(expected, found.orElseThrow(), 1e-9 * Math.max(1, Math.abs(expected)));
    }
  }
}
