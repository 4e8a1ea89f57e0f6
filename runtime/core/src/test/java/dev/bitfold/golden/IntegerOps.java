package dev.bitfold.golden;

import java.util.Map;

/** Section a: integer fake quantization. */
final class IntegerOps {
  private IntegerOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of();
  }
}
