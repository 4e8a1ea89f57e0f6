package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.quantizer.PackedTensor;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Holds a quantized weight in the form that DequantizeLinear takes. Immutable.
 *
 * @param type the type of the codes
 * @param shape the shape of the weight, in the node's order of axes
 * @param codes one code for each element, in c order
 * @param axis the axis that keeps its scales or is blocked; -1 for one scale
 * @param block the number of adjacent elements along the axis that share a scale; 0 for one scale
 *     for each index
 * @param scales one scale; one for each index of the axis; or for blocks, scales in the shape with
 *     the axis divided
 * @param zeroPoints as many as there are scales, or none
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record WeightCodes(
    ElementType type,
    long[] shape,
    int[] codes,
    int axis,
    int block,
    float[] scales,
    int[] zeroPoints) {
  private static final int SIGNED_TO_UNSIGNED = 128;

  /** Half of the range of 32-bit integers. The other half is left for the sums. */
  private static final double MAX_UNITS = 1 << 30;

  /**
   * Returns the codes of a packed tensor.
   *
   * @param order the layer's axis for each axis of the node
   * @throws IllegalArgumentException if ONNX has no such type or granularity
   */
  static WeightCodes of(String path, PackedTensor packed, int[] order) {
    QuantDescriptor descriptor = packed.descriptor();
    String what = path + " (" + descriptor + ")";
    ElementType type =
        FormatTypes.of(descriptor.format())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        what
                            + ": weights are integers of up to 8 bits, E4M3 or E5M2 in ONNX; "
                            + descriptor.format().label()
                            + " has no type there"));
    long[] shape = packed.shape();
    int[] source = permutation(shape, order);
    int[] codes = new int[source.length];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = packed.code(source[i]);
    }
    float[] multipliers = packed.multipliers();
    float[] zeroPoints = packed.parts().zeroPoints();
    long[] own = multipliers.length == 1 ? ones(shape.length) : packed.scaleShape();
    int[] groups = permutation(own, order);
    float[] scales = new float[multipliers.length];
    int[] zeros = new int[zeroPoints.length];
    for (int g = 0; g < scales.length; g++) {
      scales[g] = multipliers[groups[g]];
      if (!(scales[g] > 0) || Float.isInfinite(scales[g])) {
        throw new IllegalArgumentException(what + " has the scale " + scales[g]);
      }
      if (zeros.length > 0) {
        zeros[g] = zeroPoint(what, type, zeroPoints[groups[g]]);
      }
    }
    long[] shapeOfNode = permuted(shape, order);
    long[] scaleShape = permuted(own, order);
    int axis = axis(what, shapeOfNode, scaleShape);
    boolean blocked = axis >= 0 && scaleShape[axis] != shapeOfNode[axis];
    int block = blocked ? block(descriptor, shapeOfNode[axis], scaleShape[axis]) : 0;
    return new WeightCodes(type, shapeOfNode, codes, axis, block, scales, zeros);
  }

  private static int zeroPoint(String what, ElementType type, float zeroPoint) {
    int low = type == ElementType.INT8 ? -128 : type == ElementType.INT4 ? -8 : 0;
    int high = low + (1 << type.bits()) - 1;
    if (!(zeroPoint >= low && zeroPoint <= high)) {
      throw new IllegalArgumentException(
          what
              + " has the zero point "
              + zeroPoint
              + ", and "
              + type
              + " holds "
              + low
              + " to "
              + high);
    }
    return (int) zeroPoint;
  }

  private static long[] ones(int rank) {
    long[] ones = new long[rank];
    Arrays.fill(ones, 1);
    return ones;
  }

  private static long[] permuted(long[] shape, int[] order) {
    return Arrays.stream(order).mapToLong(axis -> shape[axis]).toArray();
  }

  /** Returns the former index of each element in the new order. */
  private static int[] permutation(long[] shape, int[] order) {
    int rank = shape.length;
    long[] strides = new long[rank];
    long stride = 1;
    for (int a = rank - 1; a >= 0; a--) {
      strides[a] = stride;
      stride *= shape[a];
    }
    int[] from = new int[Math.toIntExact(stride)];
    long[] index = new long[rank];
    for (int i = 0; i < from.length; i++) {
      long at = 0;
      for (int a = 0; a < rank; a++) {
        at += index[a] * strides[order[a]];
      }
      from[i] = (int) at;
      for (int a = rank - 1; a >= 0 && ++index[a] == shape[order[a]]; a--) {
        index[a] = 0;
      }
    }
    return from;
  }

  private static int axis(String what, long[] shape, long[] scales) {
    if (Arrays.stream(scales).allMatch(size -> size == 1)) {
      return -1;
    }
    int divided = -1;
    int kept = 0;
    int own = -1;
    for (int a = 0; a < shape.length; a++) {
      if (scales[a] == shape[a] && shape[a] > 1) {
        kept++;
        own = a;
      } else if (scales[a] != 1) {
        divided = divided < 0 ? a : Integer.MAX_VALUE;
      }
    }
    boolean onlyOne = divided < 0 && kept == 1;
    boolean blocked = divided >= 0 && divided < shape.length;
    for (int a = 0; blocked && a < shape.length; a++) {
      blocked = a == divided || scales[a] == shape[a];
    }
    if (!onlyOne && !blocked) {
      throw new IllegalArgumentException(
          what
              + " has scales of shape "
              + Arrays.toString(scales)
              + " for a weight of shape "
              + Arrays.toString(shape)
              + "; ONNX takes one, one per index of an axis, or blocks along one axis");
    }
    return blocked ? divided : own;
  }

  private static int block(QuantDescriptor descriptor, long size, long count) {
    return descriptor.blockSizes().stream()
        .mapToInt(b -> b.size())
        .filter(b -> (size + b - 1) / b == count)
        .findFirst()
        .orElseGet(() -> Math.toIntExact((size + count - 1) / count));
  }

  /** Returns the same numbers in uint8 if these are int8. */
  WeightCodes unsigned() {
    if (type != ElementType.INT8) {
      return this;
    }
    int[] moved = Arrays.stream(codes).map(code -> code + SIGNED_TO_UNSIGNED).toArray();
    int[] zeros = zeroPoints.length == 0 ? new int[scales.length] : zeroPoints.clone();
    Arrays.setAll(zeros, i -> zeros[i] + SIGNED_TO_UNSIGNED);
    return new WeightCodes(ElementType.UINT8, shape, moved, axis, block, scales, zeros);
  }

  /** Returns the same numbers with one byte each if these have 4 bits. */
  WeightCodes inBytes() {
    ElementType bytes =
        switch (type) {
          case INT4 -> ElementType.INT8;
          case UINT4 -> ElementType.UINT8;
          default -> type;
        };
    return new WeightCodes(bytes, shape, codes, axis, block, scales, zeroPoints);
  }

  /**
   * Returns the same numbers with codes of bytes that are multiplied by a power of 2, and scales
   * that are divided by it. ONNX Runtime rounds the bias of a layer to units of the product of both
   * scales, so that scales of few bits would move it by a large part of an output's step. Codes of
   * int8 stay within 64, whose products with uint8 no CPU saturates.
   */
  WeightCodes spread() {
    int limit = type == ElementType.INT8 ? 64 : type == ElementType.UINT8 ? 255 : 0;
    IntStream all = IntStream.concat(Arrays.stream(codes), Arrays.stream(zeroPoints));
    int factor = Integer.highestOneBit(limit / all.map(Math::abs).reduce(1, Math::max));
    float[] own = scales.clone();
    for (int i = 0; i < own.length; i++) {
      own[i] /= Math.max(1, factor);
      if (factor <= 1 || own[i] < Float.MIN_NORMAL) {
        return this;
      }
    }
    int[] larger = Arrays.stream(codes).map(code -> code * factor).toArray();
    int[] zeros = Arrays.stream(zeroPoints).map(zero -> zero * factor).toArray();
    return new WeightCodes(type, shape, larger, axis, block, own, zeros);
  }

  /** Returns a matrix with blocks in the other order of axes. */
  WeightCodes turned() {
    int[] order = {1, 0};
    int[] from = permutation(shape, order);
    int[] groups = permutation(blockedShape(), order);
    int[] ownCodes = new int[codes.length];
    float[] ownScales = new float[scales.length];
    int[] ownZeros = new int[zeroPoints.length];
    Arrays.setAll(ownCodes, i -> codes[from[i]]);
    for (int g = 0; g < ownScales.length; g++) {
      ownScales[g] = scales[groups[g]];
    }
    Arrays.setAll(ownZeros, g -> zeroPoints[groups[g]]);
    return new WeightCodes(
        type, permuted(shape, order), ownCodes, 1 - axis, block, ownScales, ownZeros);
  }

  /** Returns the part between two indices of the output channel's axis. */
  WeightCodes slice(int channelAxis, int from, int to) {
    int[] all = slice(codes, shape, channelAxis, from, to);
    long[] part = shape.clone();
    part[channelAxis] = (long) to - from;
    if (axis < 0 || (block == 0 && axis != channelAxis)) {
      return new WeightCodes(type, part, all, axis, block, scales, zeroPoints);
    }
    if (block > 0 && axis == channelAxis) {
      throw new IllegalArgumentException("blocks along the output channels cannot be split");
    }
    long[] scaleShape = block == 0 ? vector(scales.length) : blockedShape();
    int scaleAxis = block == 0 ? 0 : channelAxis;
    int[] places = new int[scales.length];
    Arrays.setAll(places, i -> i);
    int[] kept = slice(places, scaleShape, scaleAxis, from, to);
    float[] s = new float[kept.length];
    int[] z = new int[zeroPoints.length == 0 ? 0 : kept.length];
    for (int i = 0; i < s.length; i++) {
      s[i] = scales[kept[i]];
      if (z.length > 0) {
        z[i] = zeroPoints[kept[i]];
      }
    }
    return new WeightCodes(type, part, all, axis, block, s, z);
  }

  private static int[] slice(int[] values, long[] shape, int axis, int from, int to) {
    int inner = 1;
    for (int a = axis + 1; a < shape.length; a++) {
      inner = Math.toIntExact(Math.multiplyExact((long) inner, shape[a]));
    }
    int size = Math.toIntExact(shape[axis]);
    int outer = size == 0 || inner == 0 ? 0 : values.length / (size * inner);
    int run = Math.multiplyExact(to - from, inner);
    int[] part = new int[outer * run];
    for (int o = 0; o < outer; o++) {
      System.arraycopy(values, (o * size + from) * inner, part, o * run, run);
    }
    return part;
  }

  /**
   * Returns the codes with each output channel multiplied by a factor, which its scale takes up.
   */
  WeightCodes scaled(int channelAxis, float[] factors) {
    int channels = Math.toIntExact(shape[channelAxis]);
    if (factors.length != channels || (axis >= 0 && block == 0 && axis != channelAxis)) {
      throw new IllegalArgumentException(
          factors.length + " factors cannot be folded into " + channels + " output channels");
    }
    if (block > 0) {
      long[] s = blockedShape();
      int inner = 1;
      for (int a = channelAxis + 1; a < s.length; a++) {
        inner = Math.toIntExact(Math.multiplyExact((long) inner, s[a]));
      }
      float[] blocks = scales.clone();
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] *= factors[i / inner % channels];
      }
      return new WeightCodes(type, shape, codes, axis, block, blocks, zeroPoints);
    }
    float[] own = new float[channels];
    int[] zeros = new int[zeroPoints.length == 0 ? 0 : channels];
    for (int c = 0; c < channels; c++) {
      own[c] = scales[scales.length == 1 ? 0 : c] * factors[c];
      if (zeros.length > 0) {
        zeros[c] = zeroPoints[zeroPoints.length == 1 ? 0 : c];
      }
    }
    return new WeightCodes(type, shape, codes, channelAxis, 0, own, zeros);
  }

  /**
   * Returns codes with scales that are large enough for a bias to fit into 32-bit integers together
   * with the sums that it is added to. ONNX Runtime rounds a bias to units of the product of both
   * scales. If the weights of a channel are almost 0 relative to its bias, that product is so small
   * that the bias overflows. The codes of such a channel are rounded again with a larger scale.
   * Each of its products is below 2^-30 of its bias per code, so the error is below the rounding of
   * float32.
   *
   * @param bias one value for each output channel
   * @param input the scale of the layer's input
   */
  WeightCodes withRoom(int channelAxis, float[] bias, float input) {
    if (block > 0 || (axis >= 0 && axis != channelAxis) || !isInteger()) {
      return this; // no runtime computes these in 32-bit integers
    }
    float[] factors = new float[bias.length];
    boolean small = false;
    for (int c = 0; c < bias.length; c++) {
      double unit = (double) input * scales[scales.length == 1 ? 0 : c];
      factors[c] = (float) Math.max(1, Math.abs(bias[c]) / (unit * MAX_UNITS));
      small |= factors[c] > 1;
    }
    if (!small) {
      return this;
    }
    WeightCodes larger = scaled(channelAxis, factors);
    int inner = 1;
    for (int a = channelAxis + 1; a < shape.length; a++) {
      inner = Math.toIntExact(Math.multiplyExact((long) inner, shape[a]));
    }
    int[] rounded = codes.clone();
    for (int i = 0; i < rounded.length; i++) {
      int c = i / inner % bias.length;
      if (factors[c] > 1) {
        int zero = zeroPoints.length == 0 ? 0 : zeroPoints[zeroPoints.length == 1 ? 0 : c];
        rounded[i] = zero + (int) Math.rint((codes[i] - zero) / (double) factors[c]);
      }
    }
    return new WeightCodes(
        type, shape, rounded, larger.axis(), 0, larger.scales(), larger.zeroPoints());
  }

  private boolean isInteger() {
    return switch (type) {
      case INT8, UINT8, INT4, UINT4 -> true;
      default -> false;
    };
  }

  private static long[] vector(long length) {
    return new long[] {length};
  }

  private long[] blockedShape() {
    long[] blocks = shape.clone();
    blocks[axis] = (shape[axis] + block - 1) / block;
    return blocks;
  }

  /** Returns the shape of the scales as an initializer. */
  long[] scaleShape() {
    return axis < 0 ? new long[0] : block > 0 ? blockedShape() : vector(scales.length);
  }

  /** Returns the codes in the bytes of their type. */
  byte[] bytes() {
    return bytes(type, codes);
  }

  /** Returns the zero points in the bytes of their type. */
  byte[] zeroPointBytes() {
    return bytes(type, zeroPoints);
  }

  /** Packs codes. Two 4-bit codes share a byte, with the first one in the low half. */
  private static byte[] bytes(ElementType type, int[] codes) {
    Objects.requireNonNull(type);
    byte[] bytes = new byte[(int) type.bytes(codes.length)];
    for (int i = 0; i < codes.length; i++) {
      if (type.bits() == 4) {
        bytes[i >> 1] |= (byte) ((codes[i] & 0xf) << ((i & 1) << 2));
      } else {
        bytes[i] = (byte) codes[i];
      }
    }
    return bytes;
  }
}
