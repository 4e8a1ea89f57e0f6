package dev.bitfold.exact;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.KernelsUnderTest;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values half way between two numbers of a grid, and next to there: random scales miss them. */
class TiesTest {
  private static final int COUNT = 3 * 161;

  /** Quarters from -20 to 20, each with the floats beside it. */
  private static float[] values() {
    float[] values = new float[COUNT];
    for (int i = 0; i < COUNT / 3; i++) {
      float value = (i - 80) / 4f;
      values[3 * i] = Math.nextDown(value);
      values[3 * i + 1] = value;
      values[3 * i + 2] = Math.nextUp(value);
    }
    return values;
  }

  @ParameterizedTest
  @EnumSource(Rounding.class)
  void goWhereTheRoundingSays(Rounding rounding) {
    for (float zeroPoint : new float[] {0, 3, -7}) {
      check(
          new Grid.Integers(-18, 17, rounding),
          new ExactGrid.Integers(-18, 17, rounding),
          zeroPoint);
    }
    // Steps of 1/2 to 2 within the values.
    ExactGrid.Floats floats = ExactGrid.Floats.of(4, 2, rounding);
    check(new Grid.Floats(2, -6, floats.max(), rounding), floats, 0);
  }

  private static void check(Grid grid, ExactGrid exact, float zeroPoint) {
    float[] one = {1};
    float[] zero = zeroPoint == 0 ? new float[0] : new float[] {zeroPoint};
    for (boolean divides : new boolean[] {true, false}) {
      Scales scales = new Scales(one, divides, one, divides, zero);
      for (QuantKernels kernels : KernelsUnderTest.all()) {
        float[] x = values();
        // Room that is not in an array, as the memory of tensors is not.
        FloatBuffer memory =
            java.nio.ByteBuffer.allocateDirect(2 * COUNT * Float.BYTES)
                .order(java.nio.ByteOrder.nativeOrder())
                .asFloatBuffer();
        memory.put(0, x);
        kernels.codes(
            Source.of(memory.slice(0, COUNT)),
            Groups.perTensor(COUNT),
            grid,
            scales,
            memory.slice(COUNT, COUNT));
        for (int i = 0; i < COUNT; i++) {
          Bits.assertSame(
              exact.round(x[i], zeroPoint),
              memory.get(COUNT + i),
              kernels.name() + " " + grid + ", " + x[i] + " with " + zeroPoint);
        }
      }
    }
  }
}
