package dev.bitfold.onnx.proof;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.platform.Fp16Conversions;
import dev.bitfold.tensor.DenseFloats;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import onnx.Onnx.ModelProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a session of ONNX Runtime with the optimizer on, as in a user's program. Must be closed.
 */
final class OrtRuns implements AutoCloseable {
  /** Signals a model that ONNX Runtime does not accept, or data that the model does not accept. */
  static final class RunException extends Exception {
    private static final long serialVersionUID = 1L;

    RunException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Map<String, OnnxJavaType> inputs = new LinkedHashMap<>();

  private OrtRuns(OrtEnvironment environment, OrtSession session) throws OrtException {
    this.environment = environment;
    this.session = session;
    for (Map.Entry<String, NodeInfo> input : session.getInputInfo().entrySet()) {
      if (input.getValue().getInfo() instanceof TensorInfo tensor) {
        inputs.put(input.getKey(), tensor.type);
      }
    }
  }

  /** Returns the version of ONNX Runtime. */
  static String version() {
    return OrtEnvironment.getEnvironment().getVersion();
  }

  /**
   * Opens a session.
   *
   * @param settings the entries of its configuration
   */
  static OrtRuns open(ModelProto model, Map<String, String> settings) throws RunException {
    return open(model.toByteArray(), settings);
  }

  static OrtRuns open(byte[] model, Map<String, String> settings) throws RunException {
    return open(model, settings, OrtSession.SessionOptions.OptLevel.ALL_OPT);
  }

  /** Opens a session with the optimizer off. */
  static OrtRuns openUnoptimized(ModelProto model, Map<String, String> settings)
      throws RunException {
    return open(model.toByteArray(), settings, OrtSession.SessionOptions.OptLevel.NO_OPT);
  }

  private static OrtRuns open(
      byte[] model, Map<String, String> settings, OrtSession.SessionOptions.OptLevel level)
      throws RunException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(level);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        options.addConfigEntry(setting.getKey(), setting.getValue());
      }
      return new OrtRuns(environment, environment.createSession(model, options));
    } catch (OrtException e) {
      throw new RunException(String.valueOf(e.getMessage()), e);
    }
  }

  /** Runs the model with those of the arrays that are its inputs. */
  Map<String, HostValue> run(Map<String, INDArray> feed) throws RunException {
    Map<String, OnnxTensor> given = new HashMap<>();
    try {
      for (Map.Entry<String, OnnxJavaType> input : inputs.entrySet()) {
        INDArray array = feed.get(input.getKey());
        if (array != null) {
          given.put(input.getKey(), tensor(array, input.getValue()));
        }
      }
      Map<String, HostValue> outputs = new LinkedHashMap<>();
      try (OrtSession.Result result = session.run(given)) {
        for (Map.Entry<String, OnnxValue> output : result) {
          outputs.put(output.getKey(), value(output.getValue()));
        }
      }
      return outputs;
    } catch (OrtException | IllegalArgumentException e) {
      throw new RunException(String.valueOf(e.getMessage()), e);
    } finally {
      given.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor tensor(INDArray x, OnnxJavaType type) throws OrtException {
    long[] shape = x.shape();
    return switch (type) {
      case FLOAT -> OnnxTensor.createTensor(environment, FloatBuffer.wrap(floats(x)), shape);
      case DOUBLE ->
          OnnxTensor.createTensor(
              environment, DoubleBuffer.wrap(dense(x, DataType.DOUBLE).data().asDouble()), shape);
      case FLOAT16 -> {
        float[] floats = floats(x);
        short[] halves = new short[floats.length];
        for (int i = 0; i < halves.length; i++) {
          halves[i] = Fp16Conversions.floatToFp16(floats[i]);
        }
        yield OnnxTensor.createTensor(
            environment, ShortBuffer.wrap(halves), shape, OnnxJavaType.FLOAT16);
      }
      case INT64 -> OnnxTensor.createTensor(environment, LongBuffer.wrap(integers(x)), shape);
      case INT32 -> {
        long[] longs = integers(x);
        int[] values = new int[longs.length];
        for (int i = 0; i < values.length; i++) {
          values[i] = Math.toIntExact(longs[i]);
        }
        yield OnnxTensor.createTensor(environment, IntBuffer.wrap(values), shape);
      }
      case INT8, UINT8, BOOL -> {
        long[] longs = integers(x);
        ByteBuffer bytes = ByteBuffer.allocateDirect(longs.length).order(ByteOrder.nativeOrder());
        for (long value : longs) {
          bytes.put((byte) value);
        }
        yield OnnxTensor.createTensor(environment, bytes.flip(), shape, type);
      }
      default -> throw new IllegalArgumentException("inputs of type " + type + " cannot be fed");
    };
  }

  private static INDArray dense(INDArray x, DataType type) {
    return x.castTo(type).dup('c');
  }

  private static float[] floats(INDArray x) {
    return DenseFloats.of(x.castTo(DataType.FLOAT), "an input").copy();
  }

  private static long[] integers(INDArray x) {
    return dense(x, DataType.INT64).data().asLong();
  }

  private static HostValue value(OnnxValue value) {
    if (!(value instanceof OnnxTensor tensor)) {
      return new HostValue.Other(value.getType().toString());
    }
    long[] shape = tensor.getInfo().getShape();
    return switch (tensor.getInfo().type) {
      case FLOAT, FLOAT16, BFLOAT16 -> floats(tensor.getFloatBuffer(), shape);
      case DOUBLE -> {
        DoubleBuffer doubles = tensor.getDoubleBuffer();
        FloatBuffer floats = FloatBuffer.allocate(doubles.remaining());
        while (doubles.hasRemaining()) {
          floats.put((float) doubles.get());
        }
        yield floats(floats.flip(), shape);
      }
      case INT64 -> {
        LongBuffer longs = tensor.getLongBuffer();
        long[] values = new long[longs.remaining()];
        longs.get(values);
        yield new HostValue.Integers(values, shape);
      }
      case INT32 -> {
        IntBuffer ints = tensor.getIntBuffer();
        long[] values = new long[ints.remaining()];
        for (int i = 0; i < values.length; i++) {
          values[i] = ints.get();
        }
        yield new HostValue.Integers(values, shape);
      }
      case INT16 -> {
        ShortBuffer shorts = tensor.getShortBuffer();
        long[] values = new long[shorts.remaining()];
        for (int i = 0; i < values.length; i++) {
          values[i] = shorts.get();
        }
        yield new HostValue.Integers(values, shape);
      }
      case INT8, UINT8, BOOL -> {
        ByteBuffer bytes = tensor.getByteBuffer();
        boolean signed = tensor.getInfo().type == OnnxJavaType.INT8;
        long[] values = new long[bytes.remaining()];
        for (int i = 0; i < values.length; i++) {
          int code = bytes.get();
          values[i] = signed ? code : code & 0xff;
        }
        yield new HostValue.Integers(values, shape);
      }
      default -> new HostValue.Other(tensor.getInfo().type.toString());
    };
  }

  private static HostValue floats(FloatBuffer buffer, long[] shape) {
    float[] values = new float[buffer.remaining()];
    buffer.get(values);
    return new HostValue.Floats(DenseFloats.array(values, shape));
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("a session that was open could not be closed", e);
    }
  }
}
