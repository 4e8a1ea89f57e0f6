package dev.bitfold.cuda.launch;

/** Names what the maxima of groups compare. The names of the kernels begin with these names. */
public enum Maximum {
  AMAX,
  FINITE_AMAX,
  MAX,
  MIN;

  String prefix() {
    return switch (this) {
      case AMAX -> "amax";
      case FINITE_AMAX -> "finite_amax";
      case MAX -> "max";
      case MIN -> "min";
    };
  }

  /** Returns the value that a key of maxima.cuh stands for. */
  float value(int key) {
    return switch (this) {
      case AMAX -> key > 0x7f800000 ? Float.NaN : Float.intBitsToFloat(key);
      case FINITE_AMAX -> Float.intBitsToFloat(key);
      case MAX -> ordered(key);
      case MIN -> key == -1 ? Float.NaN : ordered(~key);
    };
  }

  private static float ordered(int key) {
    return Float.intBitsToFloat(key < 0 ? (key == -1 ? key : key ^ 0x80000000) : ~key);
  }
}
