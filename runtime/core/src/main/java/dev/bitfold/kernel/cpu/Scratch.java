package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Source;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Holds a thread's own arrays for a chunk of a tensor and its results. Together they stay in the
 * first-level cache.
 */
final class Scratch {
  /** The number of elements in a chunk. */
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

  /** Whether the clip has found that the whole chunk is inside; false if it did not check. */
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

  /** Returns an array of at least {@code length}, which is kept for the next call. */
  float[] partial(int length) {
    if (partial.length < length) {
      partial = new float[length];
    }
    return partial;
  }

  /** Copies the bits of floats. */
  void bitsOf(float[] v, int[] out, int length) {
    floats.put(0, v, 0, length);
    ints.get(0, out, 0, length);
  }

  /** Copies the floats of bits. */
  void floatsOf(int[] v, float[] out, int length) {
    ints.put(0, v, 0, length);
    floats.get(0, out, 0, length);
  }

  /**
   * Copies the bits of a chunk to {@link #bits}, multiplied by the pre-quant scale. May use {@link
   * #values}.
   *
   * @param view the bits in their memory, or null
   */
  void loadBits(Source x, @Nullable IntBuffer view, int start, int length) {
    if (view != null && x.preQuantScale() == null) {
      view.get(start, bits, 0, length);
    } else {
      load(x, start, length);
      bitsOf(values, bits, length);
    }
  }

  /** Copies a chunk to {@link #values}, multiplied by the pre-quant scale. Uses {@link #first}. */
  void load(Source x, int start, int length) {
    x.values().get(start, values, 0, length);
    PreQuantScale pre = x.preQuantScale();
    if (pre != null) {
      ScaleLoops.scale(values, pre.factors(), false, pre.groups(), start, length, first);
    }
  }
}
