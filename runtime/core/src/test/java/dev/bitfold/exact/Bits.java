package dev.bitfold.exact;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Random;

/** Floats from the whole range, and their comparison. */
final class Bits {
  private static final float[] EDGES = {
    0f,
    -0f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Math.nextDown(Float.MIN_NORMAL),
    Float.MIN_NORMAL,
    0x1p-24f,
    Math.nextUp(0x1p-24f),
    0.5f,
    -1f,
    1.5f,
    2.5f,
    -3.5f,
    0x1p22f,
    0x1.fffffep22f,
    0x1p23f,
    1e38f,
    -1e38f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE
  };
  private static final float[] SPECIAL = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
  };

  private Bits() {}

  /** Any bits, edges and ordinary values. */
  static float[] values(int length, Random random, boolean finite) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = value(random, finite);
    }
    return values;
  }

  /** A finite value from 0 on. */
  static float amax(Random random) {
    return Math.abs(value(random, true));
  }

  private static float value(Random random, boolean finite) {
    float value =
        switch (random.nextInt(8)) {
          case 0, 1 -> Float.intBitsToFloat(random.nextInt());
          case 2 -> EDGES[random.nextInt(EDGES.length)];
          case 3 -> SPECIAL[random.nextInt(SPECIAL.length)];
          // Near half steps.
          case 4 -> (random.nextInt(41) - 20) / 2f;
          default -> (float) (random.nextGaussian() * Math.exp(2 * random.nextGaussian()));
        };
    return finite && !Float.isFinite(value) ? (float) random.nextGaussian() : value;
  }

  /** To the bit, NaN payloads aside. */
  static void assertSame(float expected, float actual, String where) {
    if (Float.floatToIntBits(expected) != Float.floatToIntBits(actual)) {
      fail(where + ": " + actual + " in place of " + expected);
    }
  }
}
