package dev.bitfold.quantizer;

import dev.bitfold.annotations.NumberFormat;
import dev.bitfold.annotations.NumberFormat.FloatFormat;
import dev.bitfold.annotations.NumberFormat.IntFormat;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor in the bits of its format: codes without gaps, and the scales as their format says.
 *
 * <p>Code {@code i}, in c order, is in the bits from {@code i * bits} on, counted from the lowest
 * bit of the first byte: of two 4-bit codes the even one is the low nibble. Integers are two's
 * complement, floats sign, exponent and mantissa, NF4 the index. {@link #unpack} gives exactly the
 * fake-quantized values. Immutable.
 */
public final class PackedTensor {
  private final QuantDescriptor descriptor;
  private final long[] shape;
  private final Groups groups;
  private final StoredScales scales;
  private final float[] zeroPoints;
  private final byte[] packed;

  private PackedTensor(
      QuantDescriptor descriptor,
      long[] shape,
      Groups groups,
      StoredScales scales,
      float[] zeroPoints,
      byte[] packed) {
    this.descriptor = descriptor;
    this.shape = shape;
    this.groups = groups;
    this.scales = scales;
    this.zeroPoints = zeroPoints;
    this.packed = packed;
  }

  /** Packs the grid's numbers. */
  static PackedTensor of(
      TensorView tensor,
      QuantDescriptor descriptor,
      Groups groups,
      ScaleSet scales,
      float[] numbers) {
    int bits = descriptor.format().bits();
    byte[] packed = new byte[(int) (((long) numbers.length * bits + 7) / 8)];
    float[] backward = scales.stored().backward();
    for (int i = 0; i < numbers.length; i++) {
      boolean lost = Float.isNaN(backward[groups.group(i)]);
      put(packed, i, bits, lost ? 0 : code(tensor, descriptor.format(), numbers[i], i));
    }
    return new PackedTensor(
        descriptor,
        tensor.shape().clone(),
        groups,
        scales.stored(),
        scales.scales().zeroPoint(),
        packed);
  }

  private static int code(TensorView tensor, NumberFormat format, float number, int index) {
    if (Float.isNaN(number) && !(format instanceof FloatFormat floats && floats.hasNaN())) {
      throw tensor.refused(
          "element " + index + " is NaN, which " + format.label() + " cannot hold");
    }
    if (format instanceof FloatFormat floats) {
      return FloatCodec.of(floats).encode(number);
    }
    return format instanceof IntFormat ? (int) number : Grid.Table.nearest(number);
  }

  /** How the tensor was quantized. */
  public QuantDescriptor descriptor() {
    return descriptor;
  }

  /** The tensor's shape. */
  public long[] shape() {
    return shape.clone();
  }

  /** The number of elements. */
  public int length() {
    return groups.elements();
  }

  /** Bytes of the codes and of the scales. */
  public long bytes() {
    return packed.length + scales.bytes() + zeroPointBytes();
  }

  private long zeroPointBytes() {
    long each = 1;
    for (float zeroPoint : zeroPoints) {
      boolean wide =
          !(descriptor.format() instanceof IntFormat f
                  && zeroPoint >= f.min()
                  && zeroPoint <= f.max())
              || descriptor.format().bits() > 8;
      each = wide ? Integer.BYTES : each;
    }
    return each * zeroPoints.length;
  }

  /** The packed codes; a copy. */
  public byte[] packedCodes() {
    return packed.clone();
  }

  /**
   * The code of an element: an integer with its sign, a float's bits, the index in a table.
   *
   * @param element in c order
   */
  public int code(int element) {
    if (element < 0 || element >= groups.elements()) {
      throw new IndexOutOfBoundsException("element " + element + " of " + groups.elements());
    }
    int bits = descriptor.format().bits();
    int code = get(packed, element, bits);
    boolean signed = descriptor.format() instanceof IntFormat integers && integers.min() < 0;
    return signed ? code << (32 - bits) >> (32 - bits) : code;
  }

  /** The codes of the block scales in c order: E8M0, E4M3 or int8; empty if they are float32. */
  public int[] scaleCodes() {
    return scales.codes();
  }

  /**
   * The float32 scales of the block scales: the global scales that E4M3 codes are multiplied by, or
   * what each run of int8 codes is divided by. Empty if there are none.
   */
  public float[] secondScales() {
    return scales.second().clone();
  }

  /** What is added to int8 block scales after their second scale; 0 for others. */
  public float scaleOffset() {
    return scales.mean();
  }

  /** The fake-quantized values, in a new float32 array. */
  public INDArray unpack() {
    float[] backward = scales.backward();
    float[] values = new float[groups.elements()];
    for (int i = 0; i < values.length; i++) {
      int g = groups.group(i);
      float number = number(i) - (zeroPoints.length > 0 ? zeroPoints[g] : 0f);
      values[i] = scales.divides() ? number / backward[g] : number * backward[g];
    }
    return DenseFloats.array(values, shape);
  }

  private float number(int element) {
    if (descriptor.format() instanceof FloatFormat floats) {
      return FloatCodec.of(floats).decode(code(element));
    }
    int code = code(element);
    return descriptor.format() instanceof IntFormat ? code : Grid.Table.value(code);
  }

  private static void put(byte[] packed, int element, int bits, int code) {
    long at = (long) element * bits;
    for (int b = 0; b < bits; b++, at++) {
      packed[(int) (at >> 3)] |= (byte) ((code >> b & 1) << (at & 7));
    }
  }

  private static int get(byte[] packed, int element, int bits) {
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
