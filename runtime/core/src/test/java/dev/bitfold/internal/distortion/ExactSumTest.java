package dev.bitfold.internal.distortion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums against those of big decimals, which are exact. */
class ExactSumTest {
  @Test
  void aSumIsTheNearestDoubleInEveryOrder() {
    Random random = new Random(7);
    for (int trial = 0; trial < 200; trial++) {
      List<Double> values = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        double value = Math.scalb(random.nextGaussian(), random.nextInt(120) - 60);
        values.add(value);
        if (random.nextInt(3) == 0) {
          values.add(-value * (1 + Math.scalb(1.0, -random.nextInt(53))));
        }
      }
      double expected =
          values.stream().map(BigDecimal::new).reduce(BigDecimal::add).orElseThrow().doubleValue();
      for (int order = 0; order < 3; order++) {
        Collections.shuffle(values, random);
        assertEquals(expected, sum(values), "trial " + trial);
      }
    }
  }

  @Test
  void halfwayCasesGoToTheSideOfWhatIsLeft() {
    double half = Math.ulp(1.0) / 2;
    assertEquals(1, sum(List.of(1.0, half)));
    assertEquals(1 + 2 * half, sum(List.of(1.0, half, 1e-40)));
    assertEquals(1, sum(List.of(1.0, half, -1e-40)));
    assertEquals(1 + 4 * half, sum(List.of(1 + 2 * half, half)));
    assertEquals(1 + 2 * half, sum(List.of(1 + 2 * half, half, -1e-40)));
  }

  @Test
  void infinityAndNanAreKept() {
    assertEquals(0, sum(List.of()));
    assertEquals(Double.POSITIVE_INFINITY, sum(List.of(1.0, Double.POSITIVE_INFINITY)));
    assertTrue(Double.isNaN(sum(List.of(1.0, Double.NaN))));
    assertTrue(Double.isNaN(sum(List.of(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY))));
  }

  private static double sum(List<Double> values) {
    ExactSum sum = new ExactSum();
    values.forEach(sum::add);
    return sum.value();
  }
}
