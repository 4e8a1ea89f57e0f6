package dev.bitfold.calibration;

/** What merging two calibrators has in common. */
public final class Merging {
  private Merging() {}

  public static <C extends Calibrator> C sameKind(Calibrator other, Class<C> kind, String name) {
    if (!kind.isInstance(other)) {
      throw new IllegalArgumentException(
          "cannot merge a " + other.getClass().getSimpleName() + " into a " + name);
    }
    return kind.cast(other);
  }

  public static UnsupportedOperationException ordered(String name) {
    return new UnsupportedOperationException(
        "a " + name + " depends on the order of the batches and cannot be merged");
  }
}
