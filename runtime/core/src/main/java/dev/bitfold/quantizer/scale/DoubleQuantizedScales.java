package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.Scales;

/**
 * Computes int8 block scales. The amax of each block is itself quantized, around the mean of all
 * amaxes, with a second scale for each group of adjacent blocks (QLoRA's double quantization, as
 * ModelOpt computes it).
 */
final class DoubleQuantizedScales {
  private static final float MAX = 127f;

  private final AmaxScales base;
  private final int run;

  /**
   * Makes scales.
   *
   * @param base the scales that follow from an amax
   * @param run the number of adjacent scales that share a second scale
   */
  DoubleQuantizedScales(AmaxScales base, int run) {
    this.base = base;
    this.run = run;
  }

  ScaleSet of(float[] amax) {
    float mean = mean(amax);
    int length = Math.min(run, amax.length);
    float[] second = new float[(amax.length - 1) / length + 1];
    byte[] codes = new byte[amax.length];
    for (int r = 0; r < second.length; r++) {
      int from = r * length;
      int to = Math.min(amax.length, from + length);
      float largest = 0;
      for (int g = from; g < to; g++) {
        largest = Math.max(largest, Math.abs(amax[g] - mean));
      }
      second[r] = largest == 0 ? 1f : 1f / largest * MAX;
      for (int g = from; g < to; g++) {
        double code = Math.rint((amax[g] - mean) * second[r]);
        codes[g] = (byte) Math.min(Math.max(code, -MAX), MAX);
      }
    }
    StoredScales.Int8 stored = new StoredScales.Int8(codes, second, mean, length, base);
    boolean table = base.kind() == AmaxScales.Kind.TABLE;
    // A table's codes are chosen under the block's own amax, as in ModelOpt; others under the
    // stored one, which is what they will be multiplied by.
    float[] forward = base.forward(table ? amax : stored.amax());
    return new ScaleSet(new Scales(forward, table, stored.backward(), stored.divides()), stored);
  }

  private static float mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return (float) (sum / values.length);
  }
}
