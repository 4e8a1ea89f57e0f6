package dev.bitfold.onnx.session;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.bitfold.onnx.file.OnnxFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import onnx.Onnx.ModelProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds a session of ONNX Runtime. Must be closed; safe for concurrent use until then. */
public final class Session implements AutoCloseable {
  private final OrtSession session;
  private final List<RuntimeValue> weights;
  private final List<ValueType> inputs;
  private final List<ValueType> outputs;

  private Session(OrtSession session, List<RuntimeValue> weights) throws OrtException {
    this.session = session;
    this.weights = weights;
    this.inputs = types(session.getInputInfo());
    this.outputs = types(session.getOutputInfo());
  }

  private static List<ValueType> types(Map<String, NodeInfo> nodes) {
    return nodes.values().stream().map(ValueType::of).toList();
  }

  /** Returns the version of ONNX Runtime. */
  public static String version() {
    return RuntimeValue.environment().getVersion();
  }

  /** Makes a session of what was prepared. */
  @FunctionalInterface
  private interface Opener {
    OrtSession open(OrtEnvironment environment, OrtSession.SessionOptions options)
        throws OrtException;
  }

  private static Session open(Settings settings, List<RuntimeValue> weights, Opener opener) {
    try (OrtSession.SessionOptions options = settings.options()) {
      return new Session(opener.open(RuntimeValue.environment(), options), weights);
    } catch (OrtException e) {
      throw new SessionException(e);
    }
  }

  /**
   * Opens a session.
   *
   * @throws SessionException if ONNX Runtime does not accept the model
   */
  public static Session open(ModelProto model, Settings settings) {
    return open(model.toByteArray(), settings);
  }

  /** Opens a session on the bytes of a file, as {@link #open(ModelProto, Settings)}. */
  public static Session open(byte[] model, Settings settings) {
    return open(settings, List.of(), (runtime, options) -> runtime.createSession(model, options));
  }

  /** Opens a session on a file, as {@link #open(ModelProto, Settings)}. */
  public static Session open(Path file, Settings settings) {
    String path = file.toString();
    return open(settings, List.of(), (runtime, options) -> runtime.createSession(path, options));
  }

  /**
   * Opens a session as {@link #open(ModelProto, Settings)}. If the weights have more bytes than
   * {@code maxWhole}, ONNX Runtime is given them one by one.
   */
  public static Session open(OnnxFile file, Settings settings, long maxWhole) {
    if (bytes(file) <= maxWhole) {
      return open(file.model(), settings);
    }
    LooseWeights loose = LooseWeights.of(file.model());
    try {
      byte[] rest = loose.rest().toByteArray();
      return open(
          settings,
          loose.values(),
          (runtime, options) -> {
            options.addExternalInitializers(loose.byName());
            return runtime.createSession(rest, options);
          });
    } catch (RuntimeException e) {
      loose.values().forEach(RuntimeValue::close);
      throw e;
    }
  }

  /** Opens a session with options of its own. */
  static Session of(ModelProto model, OrtSession.SessionOptions options) throws OrtException {
    return new Session(
        RuntimeValue.environment().createSession(model.toByteArray(), options), List.of());
  }

  /** Ends a profile that its options began, and returns the file. */
  String endProfiling() throws OrtException {
    return session.endProfiling();
  }

  /** Returns the bytes of a file's weights. */
  public static long bytes(OnnxFile file) {
    return file.model().getGraph().getInitializerList().stream()
        .mapToLong(tensor -> tensor.getRawData().size())
        .sum();
  }

  /** Returns what must be fed, in the file's order. */
  public List<ValueType> inputs() {
    return inputs;
  }

  /** Returns what is computed, in the file's order. */
  public List<ValueType> outputs() {
    return outputs;
  }

  /**
   * Runs the model.
   *
   * @param given values by name, of which the inputs are taken
   * @return the outputs by name, to be closed by the caller
   * @throws SessionException if ONNX Runtime does not accept them
   */
  public Map<String, RuntimeValue> run(Map<String, RuntimeValue> given) {
    Map<String, OnnxTensor> taken = new HashMap<>();
    for (ValueType input : inputs) {
      RuntimeValue value = given.get(input.name());
      if (value != null) {
        taken.put(input.name(), value.tensor());
      }
    }
    try {
      Map<String, RuntimeValue> computed = new LinkedHashMap<>();
      session
          .run(taken)
          .forEach(output -> computed.put(output.getKey(), RuntimeValue.of(output.getValue())));
      return computed;
    } catch (OrtException e) {
      throw new SessionException(e);
    }
  }

  /**
   * Returns those arrays that are inputs, to be closed by the caller.
   *
   * @throws SessionException if they cannot be fed
   */
  public Map<String, RuntimeValue> values(Map<String, INDArray> feed) {
    Map<String, RuntimeValue> values = new HashMap<>();
    try {
      for (ValueType input : inputs) {
        INDArray x = feed.get(input.name());
        if (x != null) {
          values.put(input.name(), RuntimeValue.of(x, input.elementType(), input.name()));
        }
      }
      return values;
    } catch (RuntimeException e) {
      values.values().forEach(RuntimeValue::close);
      throw e instanceof IllegalArgumentException ? new SessionException(e) : e;
    }
  }

  /**
   * Runs the model with those arrays that are its inputs.
   *
   * @param reader is given each output, which is closed afterwards
   * @throws SessionException if ONNX Runtime does not accept them
   */
  public void run(Map<String, INDArray> feed, BiConsumer<String, RuntimeValue> reader) {
    Map<String, RuntimeValue> given = values(feed);
    try {
      Map<String, RuntimeValue> outputs = run(given);
      try {
        outputs.forEach(reader);
      } finally {
        outputs.values().forEach(RuntimeValue::close);
      }
    } finally {
      given.values().forEach(RuntimeValue::close);
    }
  }

  @Override
  public void close() {
    try {
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("a session that was open could not be closed", e);
    } finally {
      weights.forEach(RuntimeValue::close);
    }
  }
}
