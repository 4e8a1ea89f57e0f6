package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;

/**
 * Rounds adjacent groups whose scales follow from their own elements, several groups in a chunk.
 * The elements are read once, while they are in the first-level cache. Not safe for concurrent use.
 */
final class DynamicChunks {
  private final AmaxScaling scaling;
  private final int block;
  private final float[] amax;
  private final float[] forward;
  private final float[] backward;
  private final ChunkRounding rounding;

  /**
   * Prepares to round.
   *
   * @param block the number of elements in a group, at most {@link Scratch#CHUNK}
   */
  DynamicChunks(int block, Grid grid, AmaxScaling scaling, boolean back) {
    this.scaling = scaling;
    this.block = block;
    int count = Scratch.CHUNK / block;
    this.amax = new float[count];
    this.forward = new float[count];
    this.backward = new float[count];
    // As if each chunk were a tensor of its own.
    Groups groups = Groups.of(new long[] {(long) count * block}, new int[] {block});
    this.rounding =
        ChunkRounding.of(
            groups,
            grid,
            new Scales(forward, scaling.divides(), backward, scaling.dividesBack()),
            back);
  }

  /** Returns the number of elements in a chunk of whole groups. */
  static int chunk(int block) {
    return Scratch.CHUNK / block * block;
  }

  /** Rounds elements from the first element of a group on. */
  void round(Source x, FloatBuffer out, int from, int to) {
    Scratch scratch = Scratch.mine();
    IntBuffer view = IntView.of(x.values());
    int chunk = chunk(block);
    for (int start = from; start < to; start += chunk) {
      int length = Math.min(chunk, to - start);
      scratch.load(x, start, length);
      if (view != null && x.preQuantScale() == null) {
        view.get(start, scratch.bits, 0, length);
      } else {
        scratch.bitsOf(scratch.values, scratch.bits, length);
      }
      int count = AbsoluteMaxima.ofChunk(scratch, block, length, amax);
      if (scaling.finite()) {
        finite(scratch.values, length, count);
      }
      scaling.scales(amax, count, forward, backward);
      rounding.apply(scratch, 0, length);
      out.put(start, scratch.values, 0, length);
    }
  }

  private void finite(float[] values, int length, int count) {
    for (int g = 0; g < count; g++) {
      if (!Float.isFinite(amax[g])) {
        float max = 0;
        for (int i = g * block; i < Math.min(length, (g + 1) * block); i++) {
          float magnitude = Math.min(Math.abs(values[i]), Float.MAX_VALUE);
          max = Float.isNaN(magnitude) ? max : Math.max(max, magnitude);
        }
        amax[g] = max;
      }
    }
  }
}
