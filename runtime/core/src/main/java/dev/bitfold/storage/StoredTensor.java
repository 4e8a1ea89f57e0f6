package dev.bitfold.storage;

import dev.bitfold.tensor.DenseFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a tensor in the form of a safetensors file. Immutable.
 *
 * @param type the type of the elements
 * @param shape the shape; empty for a scalar
 * @param bytes the elements in c order, little-endian; read-only
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record StoredTensor(Type type, long[] shape, ByteBuffer bytes) {
  /**
   * Names the element types as in the format. Bitfold writes the first five. The others occur in
   * files of other programs.
   */
  public enum Type {
    /** Float32. */
    F32(4),
    /** OCP E4M3. */
    F8_E4M3(1),
    /** OCP E5M2. */
    F8_E5M2(1),
    /** Signed bytes. */
    I8(1),
    /** Unsigned bytes, also for codes that are packed closer. */
    U8(1),
    /** Float64. */
    F64(8),
    /** Float16. */
    F16(2),
    /** Brain float: the upper half of a float32. */
    BF16(2),
    /** Signed integers of 64 bits. */
    I64(8),
    /** Signed integers of 32 bits. */
    I32(4),
    /** Signed integers of 16 bits. */
    I16(2),
    /** Unsigned integers of 64 bits. */
    U64(8),
    /** Unsigned integers of 32 bits. */
    U32(4),
    /** Unsigned integers of 16 bits. */
    U16(2),
    /** A byte, 0 or 1. */
    BOOL(1),
    /** OCP E8M0. */
    F8_E8M0(1);

    private final int size;

    Type(int size) {
      this.size = size;
    }

    /** Returns the number of bytes of one element. */
    public int size() {
      return size;
    }
  }

  /** Checks the size. */
  public StoredTensor {
    long length =
        Arrays.stream(shape).anyMatch(size -> size == 0)
            ? 0
            : Arrays.stream(shape).reduce(1, Math::multiplyExact);
    if (Math.multiplyExact(length, (long) type.size()) != bytes.remaining()) {
      throw new IllegalArgumentException(
          bytes.remaining() + " bytes are not " + type + " of shape " + Arrays.toString(shape));
    }
    shape = shape.clone();
    bytes = bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns a tensor of floats as float32. */
  public static StoredTensor of(INDArray tensor) {
    return of(DenseFloats.of(tensor, "a tensor").copy(), tensor.shape());
  }

  /** Returns a tensor of float32 values. */
  public static StoredTensor of(float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return new StoredTensor(Type.F32, shape, bytes);
  }

  /** Returns a tensor of bytes. */
  public static StoredTensor of(Type type, byte[] values, long... shape) {
    return new StoredTensor(type, shape, ByteBuffer.wrap(values));
  }

  /** Returns a copy of the shape. */
  @Override
  public long[] shape() {
    return shape.clone();
  }

  /** Returns the elements in a buffer whose position is at the first one. */
  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Returns a copy of the bytes. */
  public byte[] toBytes() {
    byte[] copy = new byte[bytes.remaining()];
    bytes().get(copy);
    return copy;
  }

  /**
   * Returns the values of a tensor of F32, F16 or BF16. Widening the last two is exact.
   *
   * @throws IllegalArgumentException if the tensor has another type
   */
  public float[] toFloats() {
    float[] values = new float[bytes.remaining() / type.size()];
    ByteBuffer elements = bytes();
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (type) {
            case F32 -> elements.getFloat();
            case F16 -> half(elements.getShort());
            case BF16 -> Float.intBitsToFloat(elements.getShort() << 16);
            default ->
                throw new IllegalArgumentException(
                    "a tensor of " + type + ", not of F32, F16 or BF16");
          };
    }
    return values;
  }

  /** Widens an IEEE 754 binary16 number. */
  private static float half(short bits) {
    int exponent = bits >> 10 & 0x1f;
    int mantissa = bits & 0x3ff;
    float magnitude =
        exponent == 0x1f
            ? Float.intBitsToFloat(0x7f800000 | mantissa << 13)
            : exponent == 0
                ? Math.scalb((float) mantissa, -24)
                : Math.scalb(1f + mantissa / 1024f, exponent - 15);
    return bits < 0 ? -magnitude : magnitude;
  }

  /**
   * Returns the values as a float32 array of the tensor's shape.
   *
   * @throws IllegalArgumentException as {@link #toFloats}
   */
  public INDArray toTensor() {
    return DenseFloats.array(toFloats(), shape);
  }

  @Override
  public String toString() {
    return type + " " + Arrays.toString(shape);
  }
}
