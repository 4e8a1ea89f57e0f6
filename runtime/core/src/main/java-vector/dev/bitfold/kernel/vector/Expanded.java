package dev.bitfold.kernel.vector;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A thread's own arrays: the factors of a chunk's elements, written out one by one. */
final class Expanded {
  /** Elements of a chunk. */
  static final int CHUNK = 1024;

  private static final ThreadLocal<Expanded> MINE = ThreadLocal.withInitial(Expanded::new);

  final float[] pre = new float[CHUNK];
  final float[] forward = new float[CHUNK];
  final float[] backward = new float[CHUNK];

  static Expanded mine() {
    return MINE.get();
  }

  /** Rounds elements of any groups and any pre-scale; a multiple of a vector's. */
  void round(
      Loops loops,
      Source x,
      Object in,
      Object out,
      Groups groups,
      Scales scales,
      int from,
      int to) {
    PreScale scale = x.preScale();
    if (scale == null) {
      Arrays.fill(pre, 1f);
    }
    boolean one = groups.count() == 1;
    if (one) {
      Arrays.fill(forward, scales.forward()[0]);
      Arrays.fill(backward, scales.backward()[0]);
    }
    for (int start = from; start < to; start += CHUNK) {
      int length = Math.min(CHUNK, to - start);
      if (scale != null) {
        scale.groups().expand(scale.factors(), start, length, pre);
      }
      if (!one) {
        groups.expand(scales.forward(), start, length, forward);
        groups.expand(scales.backward(), start, length, backward);
      }
      loops.perElement(in, out, start, length, pre, 0, forward, backward, 0);
    }
  }

  /** As {@link #round}, where each column has a scale of its own and rows are whole vectors. */
  void roundColumns(
      Loops loops,
      Source x,
      Object in,
      Object out,
      Groups groups,
      Scales scales,
      int from,
      int to) {
    @Nullable PreScale scale = x.preScale();
    if (scale == null) {
      Arrays.fill(pre, 1f);
    }
    int columns = groups.columns();
    for (int start = from; start < to; ) {
      int row = start / columns;
      int column = start - row * columns;
      int length = Math.min(Math.min(CHUNK, to - start), columns - column);
      if (scale != null) {
        scale.groups().expand(scale.factors(), start, length, pre);
      }
      int g = groups.base(row) + column;
      loops.perElement(in, out, start, length, pre, 0, scales.forward(), scales.backward(), g);
      start += length;
    }
  }
}
