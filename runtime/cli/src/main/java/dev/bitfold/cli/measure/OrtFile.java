package dev.bitfold.cli.measure;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.onnx.model.data.FeedInput;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.BytePointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An ONNX file in a session of ONNX Runtime with the optimizer on. To be closed. */
public final class OrtFile implements AutoCloseable {
  private static final Map<OnnxJavaType, DataType> TYPES =
      Map.of(
          OnnxJavaType.FLOAT, DataType.FLOAT,
          OnnxJavaType.DOUBLE, DataType.DOUBLE,
          OnnxJavaType.FLOAT16, DataType.FLOAT16,
          OnnxJavaType.INT64, DataType.INT64,
          OnnxJavaType.INT32, DataType.INT32,
          OnnxJavaType.INT16, DataType.INT16,
          OnnxJavaType.INT8, DataType.INT8,
          OnnxJavaType.UINT8, DataType.UINT8,
          OnnxJavaType.BOOL, DataType.BOOL);

  private static final Set<OnnxJavaType> FLOATS =
      Set.of(OnnxJavaType.FLOAT, OnnxJavaType.DOUBLE, OnnxJavaType.FLOAT16, OnnxJavaType.BFLOAT16);

  private final Path path;
  private final OrtEnvironment environment;
  private final OrtSession session;
  private final List<FeedInput> inputs;
  private final Set<String> perToken;

  private OrtFile(Path path, OrtEnvironment environment, OrtSession session) throws OrtException {
    this.path = path;
    this.environment = environment;
    this.session = session;
    List<FeedInput> all = new ArrayList<>();
    for (NodeInfo input : session.getInputInfo().values()) {
      DataType type = input.getInfo() instanceof TensorInfo tensor ? TYPES.get(tensor.type) : null;
      if (type == null) {
        throw new BadInputException(
            path + ": its input '" + input.getName() + "' takes no numbers: " + input.getInfo());
      }
      long[] shape = ((TensorInfo) input.getInfo()).getShape();
      all.add(
          new FeedInput(
              input.getName(),
              type,
              Arrays.stream(shape).mapToObj(s -> s < 0 ? FeedInput.OPEN : s).toList()));
    }
    this.inputs = List.copyOf(all);
    this.perToken =
        session.getOutputInfo().values().stream()
            .filter(OrtFile::isPerToken)
            .map(NodeInfo::getName)
            .collect(Collectors.toSet());
  }

  /** As the longer method, without settings. */
  public static OrtFile open(Path path, int threads) throws IOException {
    return open(path, threads, Map.of());
  }

  /**
   * Opens a file.
   *
   * @param threads for each operator
   * @param settings entries of the session's configuration
   * @throws BadInputException if ONNX Runtime does not take the file
   * @throws IOException if there is no such file
   */
  public static OrtFile open(Path path, int threads, Map<String, String> settings)
      throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Files.isDirectory(path)) {
      throw new BadInputException(path + ": is a folder, not an ONNX file");
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setIntraOpNumThreads(threads);
      options.addConfigEntry("session.intra_op.allow_spinning", "0");
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        options.addConfigEntry(setting.getKey(), setting.getValue());
      }
      return new OrtFile(path, environment, environment.createSession(path.toString(), options));
    } catch (OrtException e) {
      throw new BadInputException(
          path + ": ONNX Runtime cannot open it: " + firstLine(e.getMessage()), e);
    }
  }

  private static boolean isPerToken(NodeInfo output) {
    return output.getInfo() instanceof TensorInfo tensor
        && (tensor.getShape().length < 2 || tensor.getShape()[1] < 0);
  }

  /** Returns what must be fed. */
  public List<FeedInput> inputs() {
    return inputs;
  }

  Path path() {
    return path;
  }

  /** Runs the file; of the arrays, those that it takes are fed. */
  Map<String, Output> run(Map<String, INDArray> feed) {
    Map<String, OnnxTensor> tensors = tensors(feed);
    try (OrtSession.Result result = session.run(own(tensors))) {
      Map<String, Output> outputs = new LinkedHashMap<>();
      for (Map.Entry<String, OnnxValue> output : result) {
        if (output.getValue() instanceof OnnxTensor tensor) {
          read(output.getKey(), tensor).ifPresent(o -> outputs.put(output.getKey(), o));
        }
      }
      return outputs;
    } catch (OrtException e) {
      throw failed(e);
    } finally {
      tensors.values().forEach(OnnxTensor::close);
    }
  }

  /** Makes tensors, which the caller closes. */
  Map<String, OnnxTensor> tensors(Map<String, INDArray> feed) {
    Map<String, OnnxTensor> tensors = new HashMap<>();
    try {
      for (FeedInput input : inputs) {
        INDArray array = feed.get(input.name());
        if (array != null) {
          tensors.put(input.name(), tensor(array, input.type()));
        }
      }
      return tensors;
    } catch (OrtException e) {
      tensors.values().forEach(OnnxTensor::close);
      throw failed(e);
    }
  }

  /** Runs the file and returns the time that it took, in nanoseconds. */
  long time(Map<String, OnnxTensor> tensors) {
    Map<String, OnnxTensor> own = own(tensors);
    long start = System.nanoTime();
    try {
      session.run(own).close();
      return System.nanoTime() - start;
    } catch (OrtException e) {
      throw failed(e);
    }
  }

  private Map<String, OnnxTensor> own(Map<String, OnnxTensor> tensors) {
    Map<String, OnnxTensor> own = new HashMap<>(tensors);
    own.keySet().retainAll(session.getInputNames());
    return own;
  }

  private BadInputException failed(OrtException e) {
    return new BadInputException(
        path + ": ONNX Runtime cannot run it: " + firstLine(e.getMessage()), e);
  }

  private static String firstLine(@org.jspecify.annotations.Nullable String message) {
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  private OnnxTensor tensor(INDArray array, DataType type) throws OrtException {
    INDArray dense = array.castTo(type).dup('c');
    long bytes = dense.length() * type.width();
    ByteBuffer copy = ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.nativeOrder());
    try {
      copy.put(new BytePointer(dense.data().pointer()).limit(bytes).asBuffer());
    } finally {
      Reference.reachabilityFence(dense);
    }
    OnnxJavaType as =
        TYPES.entrySet().stream()
            .filter(entry -> entry.getValue() == type)
            .findFirst()
            .orElseThrow()
            .getKey();
    return OnnxTensor.createTensor(environment, copy.flip(), array.shape(), as);
  }

  /** Returns the numbers of a tensor; empty if it holds text. */
  private Optional<Output> read(String name, OnnxTensor tensor) {
    OnnxJavaType type = tensor.getInfo().type;
    double[] values = new double[(int) tensor.getInfo().getNumElements()];
    switch (type) {
      case FLOAT, FLOAT16, BFLOAT16 -> {
        FloatBuffer in = tensor.getFloatBuffer();
        Arrays.setAll(values, in::get);
      }
      case DOUBLE -> tensor.getDoubleBuffer().get(values);
      case INT64 -> {
        LongBuffer in = tensor.getLongBuffer();
        Arrays.setAll(values, in::get);
      }
      case INT32 -> {
        IntBuffer in = tensor.getIntBuffer();
        Arrays.setAll(values, in::get);
      }
      case INT16 -> {
        ShortBuffer in = tensor.getShortBuffer();
        Arrays.setAll(values, in::get);
      }
      case INT8, UINT8, BOOL -> {
        ByteBuffer in = tensor.getByteBuffer();
        Arrays.setAll(
            values, i -> type == OnnxJavaType.INT8 ? in.get(i) : Byte.toUnsignedInt(in.get(i)));
      }
      case STRING, UNKNOWN -> {
        return Optional.empty();
      }
    }
    boolean floats = FLOATS.contains(type);
    return Optional.of(
        new Output(tensor.getInfo().getShape(), values, perToken.contains(name), !floats));
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
