package dev.bitfold.internal.replay;

import dev.bitfold.tensor.DenseFloats;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes a 64-bit hash of a tensor's shape and contents, by which a layer's call is recognized.
 */
public final class Fingerprint {
  private static final int CHUNK = 1024;
  private static final int[] LOW = factors(1);
  private static final int[] HIGH = factors(2);

  private Fingerprint() {}

  private static int[] factors(long seed) {
    return new SplittableRandom(seed).ints(CHUNK).map(i -> i | 1).toArray();
  }

  public static long of(INDArray x) {
    return of(DenseFloats.of(x, "a tensor").copy(), x.shape());
  }

  static long of(float[] values, long[] shape) {
    long hash = java.util.Arrays.hashCode(shape);
    int[] bits = new int[CHUNK];
    for (int from = 0; from < values.length; from += CHUNK) {
      int n = Math.min(CHUNK, values.length - from);
      for (int i = 0; i < n; i++) {
        bits[i] = Float.floatToRawIntBits(values[from + i]);
      }
      hash = hash * 0x9E3779B97F4A7C15L + chunk(bits, n);
      hash ^= hash >>> 29;
    }
    return hash;
  }

  private static long chunk(int[] bits, int n) {
    int low = 0;
    int high = 0;
    for (int i = 0; i < n; i++) {
      low += bits[i] * LOW[i];
      high += bits[i] * HIGH[i];
    }
    return ((long) high << 32) | (low & 0xFFFFFFFFL);
  }
}
