package dev.bitfold.kernel.vector;

/** Holds a thread's own arrays for the factors of a chunk's elements or groups. */
final class Expanded {
  private static final ThreadLocal<Expanded> MINE = ThreadLocal.withInitial(Expanded::new);

  final float[] first = new float[GridVectors.CHUNK];
  final float[] forward = new float[GridVectors.CHUNK];
  final float[] backward = new float[GridVectors.CHUNK];

  static Expanded mine() {
    return MINE.get();
  }
}
