package dev.bitfold.onnx.model.prepare;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.bitfold.onnx.file.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;

/**
 * Compares prepared files with the original on random data. Both run with ONNX Runtime's optimizer
 * off, so that each computes what its nodes say, and a difference is the preparation's. To be
 * closed.
 */
final class PreparationProof implements AutoCloseable {
  /** A share of the largest magnitude of an output. */
  static final double BOUND = 1e-5;

  private static final int FEEDS = 2;

  private static final Set<String> RANDOM =
      Set.of(
          "Bernoulli",
          "Multinomial",
          "RandomNormal",
          "RandomNormalLike",
          "RandomUniform",
          "RandomUniformLike");

  private final List<Map<String, OnnxTensor>> feeds = new ArrayList<>();
  private final Map<String, OnnxTensor> bound = new HashMap<>();
  private final List<Outputs> expected = new ArrayList<>();
  private final long maxWhole;
  private String unproved = "";

  private PreparationProof(long maxWhole) {
    this.maxWhole = maxWhole;
  }

  /**
   * Runs the original.
   *
   * @param bound the values of inputs that become constants
   */
  static PreparationProof of(OnnxFile original, List<TensorProto> bound, long maxWhole)
      throws OrtException {
    PreparationProof proof = new PreparationProof(maxWhole);
    try {
      proof.start(original, bound);
      return proof;
    } catch (OrtException | RuntimeException e) {
      proof.close();
      throw e;
    }
  }

  private void start(OnnxFile original, List<TensorProto> values) throws OrtException {
    if (drawsNumbers(original.model())) {
      unproved = "it draws random numbers";
      return;
    }
    for (TensorProto value : values) {
      bound.put(value.getName(), tensor(value));
    }
    try (OrtSession.SessionOptions options =
            Sessions.options(OrtSession.SessionOptions.OptLevel.NO_OPT);
        Sessions session = Sessions.open(original, options, maxWhole)) {
      String refusal = "";
      for (RandomFeeds.Kind kind : RandomFeeds.KINDS) {
        refusal = draw(session.session(), kind, refusal);
        if (!expected.isEmpty()) {
          return;
        }
      }
      unproved = refusal;
    }
  }

  private static boolean drawsNumbers(ModelProto model) {
    return Stream.concat(
            model.getGraph().getNodeList().stream(),
            model.getFunctionsList().stream().flatMap(f -> f.getNodeList().stream()))
        .anyMatch(node -> RANDOM.contains(node.getOpType()));
  }

  /** Draws feeds of a kind; the reason if the model does not take them. */
  private String draw(OrtSession session, RandomFeeds.Kind kind, String refusal)
      throws OrtException {
    try {
      for (int seed = 1; seed <= FEEDS; seed++) {
        Map<String, OnnxTensor> feed = RandomFeeds.of(session, kind, seed, bound);
        feeds.add(feed);
        Outputs outputs = run(session, feed);
        if (seed == 1 && outputs.against(run(session, feed), 0).isPresent()) {
          forget();
          return "it computes other outputs each time";
        }
        expected.add(outputs);
      }
      return "";
    } catch (RandomFeeds.NoData e) {
      forget();
      return String.valueOf(e.getMessage());
    } catch (OrtException e) {
      forget();
      return refusal.isEmpty()
          ? String.valueOf(e.getMessage()).lines().findFirst().orElse("")
          : refusal;
    }
  }

  private void forget() {
    feeds.forEach(feed -> feed.values().forEach(OnnxTensor::close));
    feeds.clear();
    expected.clear();
  }

  private Outputs run(OrtSession session, Map<String, OnnxTensor> feed) throws OrtException {
    Map<String, OnnxTensor> given = new HashMap<>();
    for (String input : session.getInputNames()) {
      OnnxTensor value = feed.getOrDefault(input, bound.get(input));
      if (value != null) {
        given.put(input, value);
      }
    }
    try (OrtSession.Result result = session.run(given)) {
      return Outputs.of(result);
    }
  }

  private static OnnxTensor tensor(TensorProto value) throws OrtException {
    ByteBuffer bytes = ByteBuffer.allocateDirect(value.getRawData().size());
    bytes.order(ByteOrder.nativeOrder()).put(value.getRawData().asReadOnlyByteBuffer()).flip();
    return OnnxTensor.createTensor(
        OrtEnvironment.getEnvironment(),
        bytes,
        value.getDimsList().stream().mapToLong(Long::longValue).toArray(),
        Sessions.type(value));
  }

  /** Why there is nothing to compare with; empty if there is. */
  Optional<String> unproved() {
    return unproved.isEmpty() ? Optional.empty() : Optional.of(unproved);
  }

  /** How a prepared file differs from the original; empty if it agrees, or nothing can be said. */
  Optional<String> differs(OnnxFile prepared) {
    if (expected.isEmpty()) {
      return Optional.empty();
    }
    try (OrtSession.SessionOptions options =
            Sessions.options(OrtSession.SessionOptions.OptLevel.NO_OPT);
        Sessions session = Sessions.open(prepared, options, maxWhole)) {
      for (int i = 0; i < feeds.size(); i++) {
        Optional<Outputs.Difference> difference =
            expected.get(i).against(run(session.session(), feeds.get(i)), BOUND);
        if (difference.isPresent()) {
          return difference.map(Outputs.Difference::toString);
        }
      }
      return Optional.empty();
    } catch (OrtException e) {
      return Optional.of("the file does not run: " + BasicOptimization.reason(e));
    }
  }

  @Override
  public void close() {
    forget();
    bound.values().forEach(OnnxTensor::close);
  }
}
