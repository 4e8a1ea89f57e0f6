package dev.bitfold.golden;

import java.util.Map;

/** Section g: SmoothQuant. */
final class SmoothQuantOps {
  private SmoothQuantOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of();
  }
}
