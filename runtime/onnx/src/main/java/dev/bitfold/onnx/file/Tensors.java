package dev.bitfold.onnx.file;

import dev.bitfold.tensor.DenseFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.shade.protobuf.ByteString;

/** Reads and writes tensors of a file. Sizes are checked before anything is allocated. */
public final class Tensors {
  private Tensors() {}

  /**
   * Returns the shape of a tensor.
   *
   * @throws OnnxException if a size is negative, or if there are more elements than an array can
   *     hold
   */
  public static long[] shape(String file, TensorProto tensor) {
    long[] shape = new long[tensor.getDimsCount()];
    long length = 1;
    for (int i = 0; i < shape.length; i++) {
      shape[i] = tensor.getDims(i);
      if (shape[i] < 0 || shape[i] > Integer.MAX_VALUE || length > Integer.MAX_VALUE) {
        throw bad(file, tensor, "has the impossible shape " + tensor.getDimsList());
      }
      length *= shape[i];
    }
    if (length > Integer.MAX_VALUE - 8) {
      throw bad(file, tensor, "has more than 2^31 elements: " + tensor.getDimsList());
    }
    return shape;
  }

  static int length(long[] shape) {
    long length = 1;
    for (long size : shape) {
      length = Math.multiplyExact(length, size);
    }
    return Math.toIntExact(length);
  }

  static ElementType type(String file, TensorProto tensor) {
    ElementType type = ElementType.of(tensor.getDataType());
    if (type == null) {
      throw bad(file, tensor, "is of element type " + tensor.getDataType() + ", which is unknown");
    }
    return type;
  }

  /** Returns ONNX's name of the element type, even if its values cannot be read as numbers here. */
  public static String typeName(String file, TensorProto tensor) {
    ElementType type = ElementType.of(tensor.getDataType());
    TensorProto.DataType known = TensorProto.DataType.forNumber(tensor.getDataType());
    if (type == null && (known == null || known == TensorProto.DataType.UNDEFINED)) {
      throw bad(file, tensor, "is of element type " + tensor.getDataType() + ", which is unknown");
    }
    return type != null ? type.name() : known.name();
  }

  /**
   * Returns the number of bytes that the values take.
   *
   * @throws OnnxException if the file holds another number of bytes than the shape says
   */
  static long bytes(String file, TensorProto tensor) {
    ElementType type = ElementType.of(tensor.getDataType());
    int length = length(shape(file, tensor));
    if (type == null) {
      return tensor.getRawData().size()
          + tensor.getStringDataList().stream().mapToLong(ByteString::size).sum();
    }
    if (tensor.getExternalDataCount() == 0) {
      isRaw(file, tensor, type, length, typed(tensor, type));
    }
    return type.bytes(length);
  }

  /**
   * Returns the number of NaN and infinite values in a float32 tensor; 0 for tensors of other
   * types.
   */
  static long nonFinite(String file, TensorProto tensor) {
    if (tensor.getDataType() != ElementType.FLOAT.number() || tensor.getExternalDataCount() > 0) {
      return 0;
    }
    long count = 0;
    if (isRaw(
        file, tensor, ElementType.FLOAT, length(shape(file, tensor)), tensor.getFloatDataCount())) {
      for (ByteBuffer bytes = raw(tensor); bytes.hasRemaining(); ) {
        count += Float.isFinite(bytes.getFloat()) ? 0 : 1;
      }
    } else {
      count = tensor.getFloatDataList().stream().filter(value -> !Float.isFinite(value)).count();
    }
    return count;
  }

  /**
   * Refuses weights with NaN or infinity, because nothing could be calibrated with them.
   *
   * @throws OnnxException if there is such a value; the message names the tensor and the value
   */
  public static void requireFinite(String file, TensorProto tensor, float[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw bad(
            file,
            tensor,
            "holds "
                + values[i]
                + " at "
                + index(shape(file, tensor), i)
                + "; weights must be finite, so the file is damaged");
      }
    }
  }

  private static List<Long> index(long[] shape, long flat) {
    List<Long> index = new ArrayList<>();
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index.add(0, flat % shape[axis]);
      flat /= shape[axis];
    }
    return index;
  }

  /** Returns the tensor with its own element type. */
  static INDArray array(String file, TensorProto tensor) {
    ElementType type = type(file, tensor);
    DataType nd4j = type.nd4j();
    if (nd4j == null) {
      throw bad(file, tensor, "is of type " + type + ", which ND4J does not have");
    }
    long[] shape = shape(file, tensor);
    int length = length(shape);
    if (length == 0) {
      return Nd4j.create(nd4j, shape);
    }
    INDArray flat =
        switch (type) {
          case FLOAT, FLOAT16, BFLOAT16 ->
              DenseFloats.array(floats(file, tensor, type, length), length);
          case DOUBLE -> Nd4j.createFromArray(doubles(file, tensor, length));
          default -> Nd4j.createFromArray(integers(file, tensor, type, length));
        };
    INDArray typed = flat.dataType() == nd4j ? flat : flat.castTo(nd4j);
    return shape.length == 0 ? typed.reshape() : typed.reshape(shape);
  }

  /** Returns the values of a float32 tensor. */
  public static float[] floats(String file, TensorProto tensor) {
    ElementType type = type(file, tensor);
    if (type != ElementType.FLOAT) {
      throw bad(
          file,
          tensor,
          "is "
              + type
              + ", not float32"
              + (type.isFloat() ? ": convert the model to float32 before it is quantized" : ""));
    }
    return floats(file, tensor, type, length(shape(file, tensor)));
  }

  private static float[] floats(String file, TensorProto tensor, ElementType type, int length) {
    boolean wide = type == ElementType.FLOAT;
    int typed = wide ? tensor.getFloatDataCount() : tensor.getInt32DataCount();
    boolean raw = isRaw(file, tensor, type, length, typed);
    ByteBuffer bytes = raw(tensor);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      if (wide) {
        values[i] = raw ? bytes.getFloat() : tensor.getFloatData(i);
      } else {
        int half = raw ? bytes.getShort() & 0xffff : tensor.getInt32Data(i) & 0xffff;
        values[i] =
            type == ElementType.FLOAT16 ? Float16.value(half) : Float.intBitsToFloat(half << 16);
      }
    }
    return values;
  }

  private static double[] doubles(String file, TensorProto tensor, int length) {
    boolean raw = isRaw(file, tensor, ElementType.DOUBLE, length, tensor.getDoubleDataCount());
    ByteBuffer bytes = raw(tensor);
    double[] values = new double[length];
    for (int i = 0; i < length; i++) {
      values[i] = raw ? bytes.getDouble() : tensor.getDoubleData(i);
    }
    return values;
  }

  /** Returns the values of an integer tensor. */
  public static long[] integers(String file, TensorProto tensor) {
    return integers(file, tensor, type(file, tensor), length(shape(file, tensor)));
  }

  private static long[] integers(String file, TensorProto tensor, ElementType type, int length) {
    switch (type) {
      case INT64, UINT32, UINT64, UINT8, INT8, UINT16, INT16, INT32, BOOL -> {}
      default -> throw bad(file, tensor, "is " + type + ", not a tensor of integers");
    }
    boolean raw = isRaw(file, tensor, type, length, typed(tensor, type));
    ByteBuffer bytes = raw(tensor);
    long[] values = new long[length];
    for (int i = 0; i < length; i++) {
      values[i] = raw ? integer(bytes, type) : integer(tensor, type, i);
    }
    return values;
  }

  /** Returns the number of values that are stored one by one instead of as raw bytes. */
  private static int typed(TensorProto tensor, ElementType type) {
    return switch (type) {
      case FLOAT -> tensor.getFloatDataCount();
      case DOUBLE -> tensor.getDoubleDataCount();
      case INT64 -> tensor.getInt64DataCount();
      case UINT32, UINT64 -> tensor.getUint64DataCount();
      default -> tensor.getInt32DataCount();
    };
  }

  private static long integer(TensorProto tensor, ElementType type, int i) {
    return switch (type) {
      case INT64 -> tensor.getInt64Data(i);
      case UINT32, UINT64 -> tensor.getUint64Data(i);
      default -> tensor.getInt32Data(i);
    };
  }

  private static long integer(ByteBuffer bytes, ElementType type) {
    return switch (type) {
      case INT8 -> bytes.get();
      case UINT8, BOOL -> bytes.get() & 0xff;
      case INT16 -> bytes.getShort();
      case UINT16 -> bytes.getShort() & 0xffff;
      case INT32 -> bytes.getInt();
      case UINT32 -> bytes.getInt() & 0xffffffffL;
      default -> bytes.getLong();
    };
  }

  /**
   * Returns whether the values are stored as raw bytes; refuses values that do not fit the shape.
   */
  private static boolean isRaw(
      String file, TensorProto tensor, ElementType type, int length, int typed) {
    if (tensor.getExternalDataCount() > 0) {
      throw bad(
          file,
          tensor,
          "is kept in another file, and only the bytes of the model are here: open it by its path,"
              + " beside its data, or save it with all its data in one file");
    }
    int raw = tensor.getRawData().size();
    if (raw == type.bytes(length) && typed == 0) {
      return true;
    }
    // For 4-bit integers, one stored value holds two.
    if (raw == 0 && typed == (type.bits() < Byte.SIZE ? type.bytes(length) : length)) {
      return false;
    }
    throw bad(
        file,
        tensor,
        (raw < type.bytes(length) && typed < length ? "holds fewer values" : "holds other values")
            + " than its shape says: "
            + type
            + " "
            + tensor.getDimsList()
            + " takes "
            + type.bytes(length)
            + " bytes, not "
            + raw
            + (typed > 0 ? " and " + typed + " values" : ""));
  }

  private static ByteBuffer raw(TensorProto tensor) {
    return tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  private static OnnxException bad(String file, TensorProto tensor, String what) {
    return new OnnxException(file, "tensor " + tensor.getName() + " " + what);
  }

  /** Returns a tensor to write. */
  public static TensorProto of(String name, ElementType type, byte[] bytes, long... shape) {
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.number())
            .setRawData(ByteString.copyFrom(bytes));
    for (long size : shape) {
      tensor.addDims(size);
    }
    if (bytes.length != type.bytes(length(shape))) {
      throw new IllegalArgumentException(
          name + ": " + bytes.length + " bytes are not " + type + " of " + Arrays.toString(shape));
    }
    return tensor.build();
  }

  /** Returns a float32 tensor to write. */
  public static TensorProto of(String name, float[] values, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return of(name, ElementType.FLOAT, bytes.array(), shape);
  }

  /** Returns a vector of 64-bit integers to write. */
  public static TensorProto of(String name, long... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asLongBuffer().put(values);
    return of(name, ElementType.INT64, bytes.array(), values.length);
  }
}
