package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.Source;

/**
 * A thread's own arrays: a chunk of a tensor and what is computed on it. A chunk and its companions
 * stay in the first-level cache.
 */
final class Scratch {
  /** Elements of a chunk. */
  static final int CHUNK = 1024;

  private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

  final float[] values = new float[CHUNK];
  final float[] first = new float[CHUNK];
  final float[] second = new float[CHUNK];

  private float[] partial = new float[0];

  private Scratch() {}

  static Scratch mine() {
    return MINE.get();
  }

  /** An array of at least {@code length} floats, kept for the next call. */
  float[] partial(int length) {
    if (partial.length < length) {
      partial = new float[length];
    }
    return partial;
  }

  /** Copies a chunk to {@link #values} and multiplies it by the pre-scale; uses {@link #first}. */
  void load(Source x, int start, int length) {
    x.values().get(start, values, 0, length);
    PreScale pre = x.preScale();
    if (pre != null) {
      ScaleLoops.scale(values, pre.factors(), false, pre.groups(), start, length, first);
    }
  }
}
