package dev.bitfold.onnx.session;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.tensor.DenseFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntToLongFunction;
import onnx.Onnx.TensorProto;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds a value of ONNX Runtime: what a session takes or has computed. Reading copies. Must be
 * closed; safe for concurrent use until then.
 */
public final class RuntimeValue implements AutoCloseable {
  private final OnnxValue value;

  /** Whose memory the value may use: not collected before the value is. */
  @SuppressWarnings("UnusedVariable")
  private final @Nullable Object memory;

  private RuntimeValue(OnnxValue value, @Nullable Object memory) {
    this.value = value;
    this.memory = memory;
  }

  static RuntimeValue of(OnnxValue value) {
    return new RuntimeValue(value, null);
  }

  /**
   * Returns a float32 array as a value that uses the array's own memory, if that is dense.
   *
   * @param what the name of the array in messages
   * @throws SessionException if ONNX Runtime does not accept it
   */
  public static RuntimeValue floats(INDArray x, String what) {
    DenseFloats dense = DenseFloats.of(x, what);
    RuntimeValue[] made = new RuntimeValue[1];
    // The buffer is kept beyond the call, and so is the array with it.
    dense.use(
        buffer -> {
          try {
            OnnxTensor tensor = OnnxTensor.createTensor(environment(), buffer, x.shape());
            made[0] = new RuntimeValue(tensor, dense.array());
          } catch (OrtException e) {
            throw new SessionException(e);
          }
        });
    return made[0];
  }

  /**
   * Returns an array as a value of a type, to which it is cast.
   *
   * @param elementType the number of the type in files
   * @param what the name of the array in messages
   * @throws SessionException if ONNX Runtime does not accept it, or arrays of the type cannot be
   *     fed
   */
  public static RuntimeValue of(INDArray x, int elementType, String what) {
    ElementType type = ElementType.of(elementType);
    if (type == null || !isFed(type)) {
      throw new SessionException(
          what
              + ": inputs of type "
              + TensorProto.DataType.forNumber(elementType)
              + " cannot be fed");
    }
    INDArray cast = x.castTo(Objects.requireNonNull(type.nd4j()));
    if (type == ElementType.FLOAT) {
      return floats(cast, what);
    }
    INDArray dense = cast.dup('c');
    long bytes = type.bytes(dense.length());
    ByteBuffer memory =
        dense.isEmpty()
            ? ByteBuffer.allocateDirect(0)
            : new BytePointer(dense.data().pointer()).limit(bytes).asBuffer();
    return of(memory, x.shape(), javaType(type), dense);
  }

  /** Returns a tensor of a file; it must hold its data, in raw form. */
  public static RuntimeValue of(TensorProto tensor) {
    ByteBuffer bytes = tensor.getRawData().asReadOnlyByteBuffer();
    if (!bytes.isDirect()) {
      bytes = ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
    }
    long[] shape = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    return of(bytes, shape, javaType(ElementType.of(tensor.getDataType())), bytes);
  }

  private static RuntimeValue of(ByteBuffer bytes, long[] shape, OnnxJavaType type, Object memory) {
    try {
      ByteBuffer ordered = bytes.order(ByteOrder.nativeOrder());
      return new RuntimeValue(OnnxTensor.createTensor(environment(), ordered, shape, type), memory);
    } catch (OrtException e) {
      throw new SessionException(e);
    }
  }

  /** Returns ONNX Runtime's name of a type. */
  private static OnnxJavaType javaType(@Nullable ElementType type) {
    return Arrays.stream(OnnxJavaType.values())
        .filter(known -> type != null && known.name().equals(type.name()))
        .findFirst()
        .orElse(OnnxJavaType.UNKNOWN);
  }

  /** Returns whether values of a type can be made. */
  static boolean isFed(@Nullable ElementType type) {
    return javaType(type) != OnnxJavaType.UNKNOWN;
  }

  static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment();
  }

  OnnxValue value() {
    return value;
  }

  OnnxTensor tensor() {
    if (value instanceof OnnxTensor tensor) {
      return tensor;
    }
    throw new SessionException(value.getType() + " is used as a tensor");
  }

  private OnnxJavaType type() {
    return value instanceof OnnxTensor tensor ? tensor.getInfo().type : OnnxJavaType.UNKNOWN;
  }

  /** Returns whether the value is a tensor of floats of any size. */
  public boolean isFloats() {
    return switch (type()) {
      case FLOAT, DOUBLE, FLOAT16, BFLOAT16 -> true;
      default -> false;
    };
  }

  /** Returns whether the value is a tensor of integers or booleans. */
  public boolean isIntegers() {
    return switch (type()) {
      case INT8, UINT8, INT16, INT32, INT64, BOOL -> true;
      default -> false;
    };
  }

  /** Returns the type in words. */
  public String typeName() {
    return (value instanceof OnnxTensor ? type() : value.getType()).toString();
  }

  /** Returns the shape of a tensor. */
  public long[] shape() {
    return tensor().getInfo().getShape();
  }

  /** Returns whether the value is a sequence of others. */
  public boolean isSequence() {
    return value instanceof OnnxSequence;
  }

  /** Returns the elements of a sequence, which are closed by the caller. */
  public List<RuntimeValue> elements() {
    List<RuntimeValue> elements = new ArrayList<>();
    try {
      for (OnnxValue element : ((OnnxSequence) value).getValue()) {
        elements.add(of(element));
      }
      return elements;
    } catch (OrtException e) {
      throw new SessionException(e);
    }
  }

  /**
   * Returns what a map, or a tensor of text or of a type that Java has no numbers of, holds: the
   * objects and arrays of ONNX Runtime, or bytes.
   */
  public Object contents() {
    try {
      boolean whole = value instanceof OnnxMap || type() == OnnxJavaType.STRING;
      return whole ? value.getValue() : tensor().getByteBuffer();
    } catch (OrtException e) {
      throw new SessionException(e);
    }
  }

  /** Returns integers or booleans, in c order. */
  public long[] integers() {
    OnnxTensor tensor = tensor();
    IntToLongFunction at =
        switch (type()) {
          case INT64 -> tensor.getLongBuffer()::get;
          case INT32 -> tensor.getIntBuffer()::get;
          case INT16 -> tensor.getShortBuffer()::get;
          case INT8 -> tensor.getByteBuffer()::get;
          case UINT8, BOOL -> {
            ByteBuffer bytes = tensor.getByteBuffer();
            yield i -> Byte.toUnsignedInt(bytes.get(i));
          }
          default -> throw unread();
        };
    long[] values = new long[length()];
    Arrays.setAll(values, at);
    return values;
  }

  /** Returns numbers of any type, in c order; floats are exact, and integers up to 2^53. */
  public double[] doubles() {
    double[] values = new double[length()];
    switch (type()) {
      case FLOAT, FLOAT16, BFLOAT16 -> {
        FloatBuffer floats = tensor().getFloatBuffer();
        Arrays.setAll(values, floats::get);
      }
      case DOUBLE -> tensor().getDoubleBuffer().get(values);
      default -> {
        long[] integers = integers();
        Arrays.setAll(values, i -> integers[i]);
      }
    }
    return values;
  }

  /** Returns numbers as an array of their own type; float16 and bfloat16 as float32. */
  public INDArray array() {
    long[] shape = shape();
    return switch (type()) {
      case FLOAT, FLOAT16, BFLOAT16 -> {
        FloatBuffer read = tensor().getFloatBuffer();
        if (!read.hasRemaining()) {
          yield Nd4j.create(DataType.FLOAT, shape);
        }
        DenseFloats floats = DenseFloats.uninitialized(shape);
        floats.use(to -> to.put(read));
        yield floats.array();
      }
      case DOUBLE -> shaped(Nd4j.createFromArray(doubles()), DataType.DOUBLE, shape);
      default -> {
        INDArray integers = Nd4j.createFromArray(integers());
        ElementType type = ElementType.valueOf(type().name());
        yield shaped(integers, Objects.requireNonNull(type.nd4j()), shape);
      }
    };
  }

  private static INDArray shaped(INDArray flat, DataType type, long[] shape) {
    if (flat.isEmpty()) {
      return Nd4j.create(type, shape);
    }
    INDArray typed = flat.castTo(type);
    return shape.length == 0 ? typed.reshape() : typed.reshape(shape);
  }

  private int length() {
    return Math.toIntExact(tensor().getInfo().getNumElements());
  }

  private SessionException unread() {
    return new SessionException("values of type " + typeName() + " cannot be read");
  }

  @Override
  public void close() {
    value.close();
  }
}
