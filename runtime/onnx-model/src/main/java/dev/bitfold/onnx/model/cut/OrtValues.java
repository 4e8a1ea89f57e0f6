package dev.bitfold.onnx.model.cut;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.platform.Fp16Conversions;
import dev.bitfold.tensor.DenseFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** ND4J's arrays as values of ONNX Runtime, and back. */
final class OrtValues {
  private OrtValues() {}

  /**
   * A value of ONNX Runtime with the array whose memory it may use. To be closed.
   *
   * @param tensor the value
   * @param memory must not be collected before the tensor is closed
   */
  record Held(OnnxTensor tensor, Object memory) implements AutoCloseable {
    static Held of(OnnxTensor tensor) {
      return new Held(tensor, tensor);
    }

    @Override
    public void close() {
      tensor.close();
    }
  }

  /** Returns a float32 array, in its own memory if that is dense. */
  static Held floats(INDArray x, String what) throws OrtException {
    DenseFloats dense = DenseFloats.of(x, what);
    OnnxTensor[] made = new OnnxTensor[1];
    OrtException[] failed = new OrtException[1];
    // The buffer is kept beyond the call, and so is the array with it.
    dense.use(
        buffer -> {
          try {
            made[0] = OnnxTensor.createTensor(environment(), buffer, x.shape());
          } catch (OrtException e) {
            failed[0] = e;
          }
        });
    if (failed[0] != null) {
      throw failed[0];
    }
    return new Held(made[0], dense.array());
  }

  /** Returns an array as a value of a type, to which it is cast. */
  static Held of(INDArray x, OnnxJavaType type, String what) throws OrtException {
    long[] shape = x.shape();
    return switch (type) {
      case FLOAT -> floats(x.dataType() == DataType.FLOAT ? x : x.castTo(DataType.FLOAT), what);
      case DOUBLE ->
          Held.of(
              OnnxTensor.createTensor(
                  environment(), DoubleBuffer.wrap(dense(x, DataType.DOUBLE).asDouble()), shape));
      case FLOAT16 -> {
        float[] floats = dense(x, DataType.FLOAT).asFloat();
        ShortBuffer halves = ShortBuffer.allocate(floats.length);
        for (float value : floats) {
          halves.put(Fp16Conversions.floatToFp16(value));
        }
        yield Held.of(
            OnnxTensor.createTensor(environment(), halves.flip(), shape, OnnxJavaType.FLOAT16));
      }
      case INT64 ->
          Held.of(OnnxTensor.createTensor(environment(), LongBuffer.wrap(longs(x)), shape));
      case INT32 -> {
        IntBuffer ints = IntBuffer.wrap(dense(x, DataType.INT32).asInt());
        yield Held.of(OnnxTensor.createTensor(environment(), ints, shape));
      }
      case INT16 -> {
        long[] longs = longs(x);
        ShortBuffer shorts = ShortBuffer.allocate(longs.length);
        for (long value : longs) {
          shorts.put((short) value);
        }
        yield Held.of(
            OnnxTensor.createTensor(environment(), shorts.flip(), shape, OnnxJavaType.INT16));
      }
      case INT8, UINT8, BOOL -> {
        long[] longs = longs(x);
        ByteBuffer bytes = ByteBuffer.allocateDirect(longs.length).order(ByteOrder.nativeOrder());
        for (long value : longs) {
          bytes.put((byte) value);
        }
        yield Held.of(OnnxTensor.createTensor(environment(), bytes.flip(), shape, type));
      }
      default -> throw new IllegalArgumentException("values of type " + type + " cannot be fed");
    };
  }

  private static org.nd4j.linalg.api.buffer.DataBuffer dense(INDArray x, DataType type) {
    INDArray cast = x.castTo(type);
    return cast.dup('c').data();
  }

  private static long[] longs(INDArray x) {
    return dense(x, DataType.INT64).asLong();
  }

  /** Returns a copy of a value's contents, of its own type. */
  static INDArray array(OnnxTensor tensor) {
    long[] shape = tensor.getInfo().getShape();
    return switch (tensor.getInfo().type) {
      case FLOAT -> floats(tensor.getFloatBuffer(), shape);
      case FLOAT16, BFLOAT16 -> floats(tensor.getFloatBuffer(), shape);
      case DOUBLE -> {
        DoubleBuffer buffer = tensor.getDoubleBuffer();
        double[] values = new double[buffer.remaining()];
        buffer.get(values);
        yield shaped(Nd4j.createFromArray(values), DataType.DOUBLE, shape);
      }
      case INT64 -> {
        LongBuffer buffer = tensor.getLongBuffer();
        long[] values = new long[buffer.remaining()];
        buffer.get(values);
        yield shaped(Nd4j.createFromArray(values), DataType.INT64, shape);
      }
      case INT32 -> {
        IntBuffer buffer = tensor.getIntBuffer();
        int[] values = new int[buffer.remaining()];
        buffer.get(values);
        yield shaped(Nd4j.createFromArray(values), DataType.INT32, shape);
      }
      case INT16 -> {
        ShortBuffer buffer = tensor.getShortBuffer();
        int[] values = new int[buffer.remaining()];
        for (int i = 0; i < values.length; i++) {
          values[i] = buffer.get();
        }
        yield shaped(Nd4j.createFromArray(values), DataType.INT16, shape);
      }
      case INT8, UINT8, BOOL -> {
        ByteBuffer buffer = tensor.getByteBuffer();
        boolean signed = tensor.getInfo().type == OnnxJavaType.INT8;
        int[] values = new int[buffer.remaining()];
        for (int i = 0; i < values.length; i++) {
          int value = buffer.get();
          values[i] = signed ? value : value & 0xff;
        }
        DataType type =
            switch (tensor.getInfo().type) {
              case INT8 -> DataType.INT8;
              case BOOL -> DataType.BOOL;
              default -> DataType.UINT8;
            };
        yield shaped(Nd4j.createFromArray(values), type, shape);
      }
      default ->
          throw new IllegalArgumentException(
              "values of type " + tensor.getInfo().type + " cannot be read");
    };
  }

  private static INDArray floats(FloatBuffer buffer, long[] shape) {
    if (!buffer.hasRemaining()) {
      return Nd4j.create(DataType.FLOAT, shape);
    }
    DenseFloats values = DenseFloats.uninitialized(shape);
    values.use(to -> to.put(buffer));
    return values.array();
  }

  private static INDArray shaped(INDArray flat, DataType type, long[] shape) {
    INDArray typed = flat.dataType() == type ? flat : flat.castTo(type);
    return shape.length == 0 ? typed.reshape() : typed.reshape(shape);
  }

  static OrtEnvironment environment() {
    return OrtEnvironment.getEnvironment();
  }
}
