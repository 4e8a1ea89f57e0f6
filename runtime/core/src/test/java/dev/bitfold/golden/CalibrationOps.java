package dev.bitfold.golden;

import java.util.Map;

/** Section f: calibrators. */
final class CalibrationOps {
  private CalibrationOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of();
  }
}
