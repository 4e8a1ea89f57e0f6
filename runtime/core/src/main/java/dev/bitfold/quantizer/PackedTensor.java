package dev.bitfold.quantizer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.scale.ElementCodec;
import dev.bitfold.quantizer.scale.Misfit;
import dev.bitfold.quantizer.scale.PackedParts;
import dev.bitfold.quantizer.scale.ScaleSet;
import dev.bitfold.quantizer.scale.Scaling;
import dev.bitfold.quantizer.scale.StoredScales;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a tensor in the bits of its format: codes without gaps, and scales in their own format.
 *
 * <p>Code {@code i}, in c order, is in the bits from {@code i * bits} on, counted from the lowest
 * bit of the first byte. Of two 4-bit codes, the even one is the low nibble. Integers are in two's
 * complement, floats are sign, exponent and mantissa, and NF4 is the index. {@link #unpack} returns
 * exactly the fake-quantized values. Immutable.
 */
public final class PackedTensor {
  private static final int CHUNK = 1024;

  private final QuantDescriptor descriptor;
  private final ElementCodec codec;
  private final Layout layout;
  private final long[] shape;
  private final Groups groups;
  private final StoredScales scales;
  private final float[] zeroPoints;
  private final byte[] packed;

  private PackedTensor(
      QuantDescriptor descriptor,
      Layout layout,
      long[] shape,
      Groups groups,
      StoredScales scales,
      float[] zeroPoints,
      byte[] packed) {
    this.descriptor = descriptor;
    this.codec = ElementCodec.of(descriptor.format());
    this.layout = layout;
    this.shape = shape;
    this.groups = groups;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    this.packed = packed;
  }

  /** Packs the grid's numbers. */
  static PackedTensor of(
      QuantDescriptor descriptor,
      Layout layout,
      long[] shape,
      Groups groups,
      ScaleSet scales,
      float[] numbers) {
    NumberFormat format = descriptor.format();
    ElementCodec codec = ElementCodec.of(format);
    int bits = format.bits();
    byte[] packed = new byte[(int) (((long) numbers.length * bits + 7) / 8)];
    float[] backward = scales.stored().backward();
    boolean lost = hasNaN(backward);
    for (int i = 0; i < numbers.length; i++) {
      if (lost && Float.isNaN(backward[groups.group(i)])) {
        continue; // Lost with its scale: any code will do.
      }
      if (Float.isNaN(numbers[i]) && !codec.hasNaN()) {
        throw Misfit.of(
            descriptor,
            shape,
            "element " + i + " is NaN, which " + format.label() + " cannot hold");
      }
      put(packed, i, bits, codec.encode(numbers[i]));
    }
    return new PackedTensor(
        descriptor,
        layout,
        shape.clone(),
        groups,
        scales.stored(),
        scales.scales().zeroPoint(),
        packed);
  }

  /**
   * Returns the packed tensor that consists of {@link #parts}.
   *
   * @param layout the layout that the tensor was packed with
   * @throws IllegalArgumentException if the parts do not fit the descriptor and the shape
   */
  public static PackedTensor of(
      QuantDescriptor descriptor, Layout layout, long[] shape, PackedParts parts) {
    Objects.requireNonNull(descriptor, "descriptor");
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(shape, "shape");
    Objects.requireNonNull(parts, "parts");
    Groups granularity = Groups.of(shape, Granularity.blocks(descriptor, layout, shape));
    int stored = Math.max(parts.scaleCodes().length, parts.scales().length);
    Groups groups = stored == 1 ? Groups.perTensor(shape) : granularity;
    StoredScales scales = Scaling.stored(descriptor, groups, parts);
    int zeroPoints = descriptor.affine() ? groups.count() : 0;
    long bytes = ((long) groups.elements() * descriptor.format().bits() + 7) / 8;
    if (parts.codes().length != bytes || parts.zeroPoints().length != zeroPoints) {
      throw new IllegalArgumentException(
          descriptor
              + " of shape "
              + Arrays.toString(shape)
              + " takes "
              + bytes
              + " bytes and "
              + zeroPoints
              + " zero points, not "
              + parts.codes().length
              + " and "
              + parts.zeroPoints().length);
    }
    return new PackedTensor(
        descriptor,
        layout,
        shape.clone(),
        groups,
        scales,
        parts.zeroPoints().clone(),
        parts.codes().clone());
  }

  /** Returns copies of all parts of the tensor. */
  public PackedParts parts() {
    int[] codes = scales.codes();
    byte[] scaleCodes = new byte[codes.length];
    for (int g = 0; g < codes.length; g++) {
      scaleCodes[g] = (byte) codes[g];
    }
    return new PackedParts(
        packed.clone(), scaleCodes, scales.floats().clone(), zeroPoints.clone(), scales.mean());
  }

  /** Returns how the tensor was quantized. */
  public QuantDescriptor descriptor() {
    return descriptor;
  }

  /** Returns the layout of the tensor, whose letters the descriptor may use. */
  public Layout layout() {
    return layout;
  }

  /** Returns the tensor's shape. */
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the number of elements. */
  public int length() {
    return groups.elements();
  }

  /** Returns the number of bytes of the codes and scales. */
  public long bytes() {
    return packed.length + scales.bytes() + zeroPointBytes();
  }

  private long zeroPointBytes() {
    if (zeroPoints.length == 0) {
      return 0;
    }
    IntFormat integers = descriptor.format().integers().orElseThrow();
    boolean narrow = integers.bits() <= 8;
    for (float zeroPoint : zeroPoints) {
      narrow &= integers.holds(zeroPoint);
    }
    return (long) (narrow ? 1 : Integer.BYTES) * zeroPoints.length;
  }

  /** Returns a copy of the packed codes. */
  public byte[] packedCodes() {
    return packed.clone();
  }

  /**
   * Returns the code of an element: an integer with its sign, a float's bits, the index in a table.
   *
   * @param element the index of the element in c order
   */
  public int code(int element) {
    if (element < 0 || element >= groups.elements()) {
      throw new IndexOutOfBoundsException("element " + element + " of " + groups.elements());
    }
    int bits = descriptor.format().bits();
    return signed(get(packed, element, bits), bits);
  }

  private int signed(int code, int bits) {
    return codec.signed() ? code << (32 - bits) >> (32 - bits) : code;
  }

  /**
   * Returns the codes of the block scales in c order: E8M0, E4M3 or int8; empty if they are
   * float32.
   */
  public int[] scaleCodes() {
    return scales.codes();
  }

  /**
   * Returns the float32 scales of the block scales: the global scales by which E4M3 codes are
   * multiplied, or the second scales by which int8 codes are divided. Empty if there are none.
   */
  public float[] secondScales() {
    return scales.second().clone();
  }

  /** Returns what is added to int8 block scales after their second scale; 0 for other formats. */
  public float scaleOffset() {
    return scales.mean();
  }

  /**
   * Returns the number by which each group's codes are multiplied after the zero point is
   * subtracted, in c order of {@link #scaleShape}. Where {@link #unpack} divides, a product differs
   * by up to an ulp.
   */
  public float[] multipliers() {
    float[] multipliers = scales.backward().clone();
    if (scales.divides()) {
      for (int g = 0; g < multipliers.length; g++) {
        multipliers[g] = (float) (1d / multipliers[g]);
      }
    }
    return multipliers;
  }

  /**
   * Returns the tensor's shape with each axis divided by its block, and 1 for an axis that is
   * shared.
   */
  public long[] scaleShape() {
    return groups.shape().clone();
  }

  /** Returns the fake-quantized values, in a new float32 array. */
  public INDArray unpack() {
    float[] backward = scales.backward();
    float[] values = new float[groups.elements()];
    numbers(values);
    float[] scale = new float[Math.min(CHUNK, values.length)];
    float[] zeroPoint = new float[zeroPoints.length > 0 ? scale.length : 0];
    for (int from = 0; from < values.length; from += CHUNK) {
      int length = Math.min(CHUNK, values.length - from);
      groups.expand(backward, from, length, scale);
      if (zeroPoints.length > 0) {
        groups.expand(zeroPoints, from, length, zeroPoint);
        for (int i = 0; i < length; i++) {
          values[from + i] -= zeroPoint[i];
        }
      }
      for (int i = 0; i < length; i++) {
        values[from + i] =
            scales.divides() ? values[from + i] / scale[i] : values[from + i] * scale[i];
      }
    }
    return DenseFloats.array(values, shape);
  }

  /** Writes the numbers of all codes. */
  private void numbers(float[] numbers) {
    int bits = descriptor.format().bits();
    if (bits > 8) {
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = codec.decode(code(i));
      }
      return;
    }
    float[] ofCode = new float[1 << bits];
    for (int code = 0; code < ofCode.length; code++) {
      ofCode[code] = codec.decode(signed(code, bits));
    }
    for (int i = 0; i < numbers.length; i++) {
      int code =
          switch (bits) {
            case 8 -> packed[i] & 0xff;
            case 4 -> packed[i >> 1] >> ((i & 1) << 2) & 0xf;
            default -> get(packed, i, bits);
          };
      numbers[i] = ofCode[code];
    }
  }

  private static boolean hasNaN(float[] values) {
    for (float value : values) {
      if (Float.isNaN(value)) {
        return true;
      }
    }
    return false;
  }

  private static void put(byte[] packed, int element, int bits, int code) {
    if (bits == 8) {
      packed[element] = (byte) code;
      return;
    }
    long at = (long) element * bits;
    for (int b = 0; b < bits; b++, at++) {
      packed[(int) (at >> 3)] |= (byte) ((code >> b & 1) << (at & 7));
    }
  }

  private static int get(byte[] packed, int element, int bits) {
    if (bits == 8) {
      return packed[element] & 0xff;
    }
    long at = (long) element * bits;
    int code = 0;
    for (int b = 0; b < bits; b++, at++) {
      code |= (packed[(int) (at >> 3)] >> (at & 7) & 1) << b;
    }
    return code;
  }

  @Override
  public String toString() {
    return descriptor + " of shape " + Arrays.toString(shape) + ", " + bytes() + " bytes";
  }
}
