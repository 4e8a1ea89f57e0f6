package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

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
  final float[] third = new float[CHUNK];

  final int[] bits = new int[CHUNK];
  final int[] otherBits = new int[CHUNK];
  final int[] passed = new int[CHUNK];
  final int[] masks = new int[CHUNK];
  final int[] folded = new int[CHUNK];
  final int[] half = new int[CHUNK];
  final long[] outside = new long[CHUNK / Long.SIZE];

  /** Whether the clip has found the whole chunk to be inside; false if it did not look. */
  boolean allInside;

  private final FloatBuffer floats;
  private final IntBuffer ints;
  private float[] partial = new float[0];

  private Scratch() {
    ByteBuffer same = ByteBuffer.allocateDirect(CHUNK * Float.BYTES).order(ByteOrder.nativeOrder());
    this.floats = same.asFloatBuffer();
    this.ints = same.asIntBuffer();
  }

  static Scratch mine() {
    return MINE.get();
  }

  /** An array of at least {@code length}, kept for the next call. */
  float[] partial(int length) {
    if (partial.length < length) {
      partial = new float[length];
    }
    return partial;
  }

  /** The bits of floats. */
  void bitsOf(float[] v, int[] out, int length) {
    floats.put(0, v, 0, length);
    ints.get(0, out, 0, length);
  }

  /** The floats of bits. */
  void floatsOf(int[] v, float[] out, int length) {
    ints.put(0, v, 0, length);
    floats.get(0, out, 0, length);
  }

  /**
   * Copies the bits of a chunk to {@link #bits}, after the pre-scale; may use {@link #values}.
   *
   * @param view the bits where they lie, or null
   */
  void loadBits(Source x, @Nullable IntBuffer view, int start, int length) {
    if (view != null && x.preScale() == null) {
      view.get(start, bits, 0, length);
    } else {
      load(x, start, length);
      bitsOf(values, bits, length);
    }
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
