package dev.bitfold.descriptor;

import dev.bitfold.annotations.Quantize;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Names the formats of block scales: {@link Quantize#scaleBits} as a closed choice. */
public enum ScaleFormat {
  /** Float32: scales are not quantized. Scales of anything but blocks have this format. */
  FLOAT32("float32"),
  /** Powers of two, {@code scaleBits = {8, 0}}: the MX formats of the OCP specification. */
  E8M0("E8M0"),
  /** E4M3 under a float32 global scale, {@code scaleBits = {4, 3}}: NVFP4. */
  E4M3("E4M3"),
  /** Integers under float32 scales, {@code scaleBits = 8}: double quantization. */
  INT8("int8");

  private final String label;

  ScaleFormat(String label) {
    this.label = label;
  }

  /** Returns the format of an element {@code scaleBits}; empty if there is no such format. */
  public static Optional<ScaleFormat> ofBits(List<Integer> scaleBits) {
    return Arrays.stream(values()).filter(format -> format.bits().equals(scaleBits)).findFirst();
  }

  /** Returns {@link Quantize#scaleBits} of this format; empty for {@link #FLOAT32}. */
  public List<Integer> bits() {
    return switch (this) {
      case FLOAT32 -> List.of();
      case E8M0 -> List.of(8, 0);
      case E4M3 -> List.of(4, 3);
      case INT8 -> List.of(8);
    };
  }

  /** Returns the name in messages and summaries, such as {@code E8M0}. */
  public String label() {
    return label;
  }
}
