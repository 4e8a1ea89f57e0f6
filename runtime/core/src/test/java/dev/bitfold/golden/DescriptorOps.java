package dev.bitfold.golden;

import java.util.Map;

/** Section h: descriptors. */
final class DescriptorOps {
  private DescriptorOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of();
  }
}
