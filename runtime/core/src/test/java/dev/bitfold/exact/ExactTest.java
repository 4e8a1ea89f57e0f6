package dev.bitfold.exact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Checks that the second oracle itself is right: it agrees with the processor and with published
 * numbers.
 */
class ExactTest {
  @Property(tries = 2000)
  void operationsRoundAsTheProcessorDoes(@ForAll int a, @ForAll int b) {
    float x = Float.intBitsToFloat(a);
    for (float y : new float[] {Float.intBitsToFloat(b), Float.intBitsToFloat(a ^ (b & 7))}) {
      Bits.assertSame(x * y, Ieee.times(x, y), x + " * " + y);
      Bits.assertSame(x / y, Ieee.over(x, y), x + " / " + y);
      Bits.assertSame(x + y, Ieee.plus(x, y), x + " + " + y);
      Bits.assertSame(x - y, Ieee.minus(x, y), x + " - " + y);
    }
  }

  @Property(tries = 2000)
  void doublesAreRoundedAsTheProcessorDoes(@ForAll long a, @ForAll long b) {
    double x = Double.longBitsToDouble(a);
    double y = Double.longBitsToDouble(b);
    if (Double.isFinite(x) && Double.isFinite(y) && y != 0) {
      // Zeros without their sign, which exact numbers do not have.
      assertEquals(x / y + 0.0, Ratio.of(x).over(Ratio.of(y)).toDouble() + 0.0);
      assertEquals((float) x + 0f, Ratio.of(x).toFloat() + 0f);
    }
  }

  @Test
  void formatsHaveThePublishedNumbers() {
    assertEquals(448f, ExactGrid.Floats.of(4, 3, Rounding.HALF_EVEN).max());
    assertEquals(57344f, ExactGrid.Floats.of(5, 2, Rounding.HALF_EVEN).max());
    assertEquals(28f, ExactGrid.Floats.of(3, 2, Rounding.HALF_EVEN).max());
    assertEquals(7.5f, ExactGrid.Floats.of(2, 3, Rounding.HALF_EVEN).max());
    assertEquals(
        List.of(0f, .5f, 1f, 1.5f, 2f, 3f, 4f, 6f),
        ExactGrid.Floats.of(2, 1, Rounding.HALF_EVEN).magnitudes().stream()
            .map(Ratio::toFloat)
            .toList());
  }

  @Test
  void theTableIsQloraInBfloat16() {
    List<Float> values = new ArrayList<>();
    for (float value : Grid.Table.values()) {
      values.add(value);
    }
    assertEquals(values, ExactGrid.Table.nf4().values().stream().map(Ratio::toFloat).toList());
  }

  @Test
  void theWholeRangeIsDrawn() {
    Random random = new Random(1);
    float[] values = Bits.values(4000, random, false);
    boolean[] seen = new boolean[256];
    for (float value : values) {
      seen[Float.floatToRawIntBits(value) >>> 23 & 0xff] = true;
    }
    int exponents = 0;
    for (boolean exponent : seen) {
      exponents += exponent ? 1 : 0;
    }
    assertTrue(exponents > 240, exponents + " exponents");
  }
}
