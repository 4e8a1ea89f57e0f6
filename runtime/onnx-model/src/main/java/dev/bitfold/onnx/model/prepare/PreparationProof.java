package dev.bitfold.onnx.model.prepare;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.bitfold.onnx.file.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
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

  /** What of the bound the original itself may differ by when it is optimized. */
  private static final double MAX_NOISE = BOUND / 4;

  private final OnnxFile original;
  private final long maxWhole;
  private final Map<String, OnnxTensor> bound = new HashMap<>();
  private final List<Map<String, OnnxTensor>> feeds = new ArrayList<>();
  private final List<Outputs> expected = new ArrayList<>();
  private final Deque<RandomFeeds.Kind> kinds = new ArrayDeque<>(RandomFeeds.KINDS);
  private String unproved = "";

  private PreparationProof(OnnxFile original, long maxWhole) {
    this.original = original;
    this.maxWhole = maxWhole;
  }

  /**
   * Runs the original.
   *
   * @param bound the values of inputs that become constants
   */
  static PreparationProof of(OnnxFile original, List<TensorProto> bound, long maxWhole)
      throws OrtException {
    PreparationProof proof = new PreparationProof(original, maxWhole);
    try {
      for (TensorProto value : bound) {
        proof.bound.put(value.getName(), tensor(value));
      }
      if (drawsNumbers(original.model())) {
        proof.unproved = "it draws random numbers";
      } else {
        proof.draw();
      }
      return proof;
    } catch (OrtException | RuntimeException e) {
      proof.close();
      throw e;
    }
  }

  /** Draws feeds of the next kind that the original takes. */
  private void draw() throws OrtException {
    forget();
    try (OrtSession.SessionOptions options =
            Sessions.options(OrtSession.SessionOptions.OptLevel.NO_OPT);
        Sessions session = Sessions.open(original, options, maxWhole)) {
      while (expected.isEmpty() && !kinds.isEmpty()) {
        String refusal = draw(session.session(), kinds.remove());
        unproved = unproved.isEmpty() ? refusal : unproved;
      }
    }
  }

  private static boolean drawsNumbers(ModelProto model) {
    return Stream.concat(
            model.getGraph().getNodeList().stream(),
            model.getFunctionsList().stream().flatMap(f -> f.getNodeList().stream()))
        .anyMatch(node -> RANDOM.contains(node.getOpType()));
  }

  /** Draws feeds of a kind; the reason if the model does not take them. */
  private String draw(OrtSession session, RandomFeeds.Kind kind) throws OrtException {
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
      return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
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
    return expected.isEmpty() ? Optional.of(unproved) : Optional.empty();
  }

  /**
   * How a prepared file differs from the original; empty if it agrees, or nothing can be said. Data
   * on which the original does not agree with itself, once optimized, are replaced by others.
   */
  Optional<String> differs(OnnxFile prepared) throws OrtException {
    Optional<String> difference = difference(prepared);
    while (difference.isPresent() && isNoisy()) {
      draw();
      unproved =
          "its own outputs change by more than "
              + String.format(Locale.ROOT, "%.1e", MAX_NOISE)
              + " of their range when ONNX Runtime optimizes it";
      difference = difference(prepared);
    }
    return difference;
  }

  private Optional<String> difference(OnnxFile prepared) {
    if (expected.isEmpty()) {
      return Optional.empty();
    }
    try {
      return largest(prepared, OrtSession.SessionOptions.OptLevel.NO_OPT, BOUND)
          .map(Outputs.Difference::toString);
    } catch (OrtException e) {
      return Optional.of("the file does not run: " + BasicOptimization.reason(e));
    }
  }

  private boolean isNoisy() throws OrtException {
    return largest(original, OrtSession.SessionOptions.OptLevel.ALL_OPT, MAX_NOISE).isPresent();
  }

  private Optional<Outputs.Difference> largest(
      OnnxFile file, OrtSession.SessionOptions.OptLevel level, double allowed) throws OrtException {
    try (OrtSession.SessionOptions options = Sessions.options(level);
        Sessions session = Sessions.open(file, options, maxWhole)) {
      for (int i = 0; i < feeds.size(); i++) {
        Optional<Outputs.Difference> difference =
            expected.get(i).against(run(session.session(), feeds.get(i)), allowed);
        if (difference.isPresent()) {
          return difference;
        }
      }
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    forget();
    bound.values().forEach(OnnxTensor::close);
  }
}
