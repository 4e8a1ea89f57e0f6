package dev.bitfold.onnx.export;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.quantizer.scale.PackedParts;
import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Rounds a weight as ONNX Runtime's own quantizer does ({@code quantize_dynamic} with symmetric
 * weights, {@code compute_scale_zp} and {@code quantize_nparray} of its {@code quant_utils.py}).
 * Elements are divided in float32, and round half to even.
 *
 * @param path names the weight in messages
 * @param descriptor how the weight is quantized in Bitfold
 * @param layout of the weight
 * @param given whether its scale or its codes do not follow from the float weight alone
 */
record RuntimeRounding(String path, QuantDescriptor descriptor, Layout layout, boolean given) {
  private static final int BITS = 8;

  /** The largest code of int8 where one bit is left out (reduce_range). */
  private static final int REDUCED = 64;

  private static final QuantDescriptor TABLE =
      QuantDescriptor.builder().bits(BITS).unsigned(true).affine(true).build();

  /**
   * Returns a table of embeddings in uint8 with one scale: {@code scale = 2 amax / 255}, {@code
   * zero point = round(amax / scale)}, {@code code = clamp(round(x / scale) + zero point)}. The
   * zero point is found in double, before the scale is rounded: it is 128, or 127 where the
   * quotient is below 127.5.
   *
   * @param table [rows, columns]
   */
  static PackedTensor table(INDArray table) {
    float[] values = DenseFloats.of(table, "a table").copy();
    float amax = 0;
    for (float value : values) {
      amax = Math.max(amax, Math.abs(value));
    }
    double exact = amax == 0 ? 1 : 2.0 * amax / 255;
    float scale = (float) exact;
    float zeroPoint = (float) Math.rint(amax / exact);
    byte[] codes = new byte[values.length];
    for (int i = 0; i < codes.length; i++) {
      double code = Math.rint(values[i] / scale) + zeroPoint;
      codes[i] = (byte) Math.min(Math.max(code, 0), 255);
    }
    PackedParts parts =
        new PackedParts(codes, new byte[0], new float[] {scale}, new float[] {zeroPoint}, 0);
    return PackedTensor.of(TABLE, Layout.UNKNOWN, table.shape(), parts);
  }

  /**
   * Returns the weight in int8 codes with a zero point of 0: {@code scale = amax / largest}, {@code
   * code = clamp(round(w / scale))}.
   *
   * @param reduced whether the largest code is 64
   * @throws IllegalArgumentException if the weight is not int8 with one scale, or one per index of
   *     an axis, that follows from its amax
   */
  PackedTensor pack(INDArray weight, boolean reduced) {
    requireKnown();
    double full = descriptor.format().integers().orElseThrow().max() / descriptor.scaleAmax();
    float largest = (float) (reduced ? Math.min(REDUCED, full) : full);
    // Which elements share a scale, Bitfold's own quantizer of the descriptor says.
    long[] shape = weight.shape();
    long[] groups = Quantizer.of(descriptor, layout).pack(weight).scaleShape();
    int[] group = groups(shape, groups);
    float[] values = DenseFloats.of(weight, path).copy();
    float[] amax = new float[1];
    for (int g : group) {
      amax = g < amax.length ? amax : java.util.Arrays.copyOf(amax, g + 1);
    }
    for (int i = 0; i < values.length; i++) {
      amax[group[i]] = Math.max(amax[group[i]], Math.abs(values[i]));
    }
    float[] scales = new float[amax.length];
    for (int g = 0; g < scales.length; g++) {
      scales[g] = amax[g] == 0 ? 1 : (amax[g] + amax[g]) / (largest + largest);
    }
    byte[] codes = new byte[values.length];
    int last = Math.round(largest);
    for (int i = 0; i < codes.length; i++) {
      double code = Math.rint(values[i] / scales[group[i]]);
      codes[i] = (byte) Math.min(Math.max(code, -last), last);
    }
    QuantDescriptor affine =
        descriptor.toBuilder().affine(true).narrowRange(false).scaleAmax(1).build();
    float[] zeros = new float[scales.length];
    return PackedTensor.of(
        affine, layout, shape, new PackedParts(codes, new byte[0], scales, zeros, 0));
  }

  private void requireKnown() {
    boolean int8 =
        descriptor
            .format()
            .integers()
            .filter(format -> format.bits() == BITS && !format.unsigned())
            .isPresent();
    boolean own =
        !given
            && !descriptor.affine()
            && descriptor.amax().isEmpty()
            && descriptor.calib() == Calib.MAX
            && descriptor.blockSizes().isEmpty()
            && descriptor.rounding() == Rounding.HALF_EVEN;
    if (!int8 || !own) {
      throw new IllegalArgumentException(
          path
              + " ("
              + descriptor
              + ") is not an int8 weight whose scales follow from its amax, and withRuntimeRounding"
              + " knows no other: describe it as int8 per tensor or per channel, such as"
              + " Recipe.ONNX_DYNAMIC does, and export before compress(), or leave"
              + " withRuntimeRounding out");
    }
  }

  /** Returns the index of its scale for each element, in c order. */
  private static int[] groups(long[] shape, long[] scales) {
    int rank = shape.length;
    int[] group = new int[Math.toIntExact(length(shape))];
    boolean one = length(scales) == 1;
    long[] index = new long[rank];
    for (int i = 0; i < group.length && !one; i++) {
      long at = 0;
      for (int axis = 0; axis < rank; axis++) {
        at = at * scales[axis] + (scales[axis] == 1 ? 0 : index[axis]);
      }
      group[i] = Math.toIntExact(at);
      for (int axis = rank - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
        index[axis] = 0;
      }
    }
    return group;
  }

  private static long length(long[] shape) {
    long length = 1;
    for (long size : shape) {
      length = Math.multiplyExact(length, size);
    }
    return length;
  }
}
