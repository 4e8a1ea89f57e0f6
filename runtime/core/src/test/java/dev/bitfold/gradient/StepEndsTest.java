package dev.bitfold.gradient;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class StepEndsTest {
  @Test
  void liesJustBeyondTheCodes() {
    Random random = new Random(5);
    int[] codes = {0, 1, 3, 7, 127, 255, 32767};
    for (int i = 0; i < 20_000; i++) {
      float step = Math.max(1e-8f, (float) Math.exp(random.nextDouble() * 100 - 40));
      int code = codes[i % codes.length];
      String seen = code + " steps of " + step;
      float above = StepEnds.above(code, step);
      assertTrue(above / step > code && Math.nextDown(above) / step <= code, seen);
      float below = StepEnds.below(-code - 1f, step);
      assertTrue(below / step < -code - 1f && Math.nextUp(below) / step >= -code - 1f, seen);
      float belowZero = StepEnds.below(0, step);
      assertTrue(belowZero / step < 0 && Math.nextUp(belowZero) / step >= 0, seen);
    }
  }
}
