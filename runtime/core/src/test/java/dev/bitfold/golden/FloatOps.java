package dev.bitfold.golden;

import java.util.Map;

/** Section d: float formats. */
final class FloatOps {
  private FloatOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of();
  }
}
