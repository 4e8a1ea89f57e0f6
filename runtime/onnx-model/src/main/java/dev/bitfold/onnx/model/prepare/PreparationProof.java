package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.RandomFeeds;
import dev.bitfold.onnx.session.RuntimeValue;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import dev.bitfold.onnx.session.ValueType;
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
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares prepared files with the original on random data. Both run with ONNX Runtime's optimizer
 * off, so that each computes what its nodes say, and a difference is the preparation's. To be
 * closed.
 */
final class PreparationProof implements AutoCloseable {
  /** A share of the largest magnitude of an output. */
  static final double BOUND = 1e-5;

  private static final int FEEDS = 2;

  /** What models take, from usual to rare: positions and tables first, then indices of size 1. */
  private static final List<RandomFeeds.Kind> KINDS =
      List.of(
          new RandomFeeds.Kind(2, 8, 2, false),
          new RandomFeeds.Kind(2, 8, 2, true),
          new RandomFeeds.Kind(1, 32, 2, false),
          new RandomFeeds.Kind(1, 8, 2, false),
          new RandomFeeds.Kind(1, 64, 2, false),
          new RandomFeeds.Kind(2, 16, 1, false),
          new RandomFeeds.Kind(1, 1, 1, false),
          new RandomFeeds.Kind(1, 1, 1, true),
          new RandomFeeds.Kind(1, 224, 2, false));

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
  private final Map<String, RuntimeValue> bound = new HashMap<>();
  private final List<Map<String, INDArray>> feeds = new ArrayList<>();
  private final List<Outputs> expected = new ArrayList<>();
  private final Deque<RandomFeeds.Kind> kinds = new ArrayDeque<>(KINDS);
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
  static PreparationProof of(OnnxFile original, List<TensorProto> bound, long maxWhole) {
    PreparationProof proof = new PreparationProof(original, maxWhole);
    try {
      for (TensorProto value : bound) {
        proof.bound.put(value.getName(), RuntimeValue.of(value));
      }
      if (drawsNumbers(original.model())) {
        proof.unproved = "it draws random numbers";
      } else {
        proof.draw();
      }
      return proof;
    } catch (RuntimeException e) {
      proof.close();
      throw e;
    }
  }

  /** Draws feeds of the next kind that the original takes. */
  private void draw() {
    forget();
    try (Session session = open(original, Settings.Optimizer.OFF)) {
      while (expected.isEmpty() && !kinds.isEmpty()) {
        String refusal = draw(session, kinds.remove());
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

  private Session open(OnnxFile file, Settings.Optimizer optimizer) {
    return Session.open(file, Settings.DEFAULT.withThreads(1).with(optimizer), maxWhole);
  }

  /** Draws feeds of a kind; the reason if the model does not take them. */
  private String draw(Session session, RandomFeeds.Kind kind) {
    List<ValueType> inputs =
        session.inputs().stream().filter(input -> !bound.containsKey(input.name())).toList();
    try {
      for (int seed = 1; seed <= FEEDS; seed++) {
        Map<String, INDArray> feed = new RandomFeeds(inputs, Map.of(), Map.of(), seed).draw(kind);
        feeds.add(feed);
        Outputs outputs = run(session, feed);
        if (seed == 1 && outputs.against(run(session, feed), 0).isPresent()) {
          forget();
          return "it computes other outputs each time";
        }
        expected.add(outputs);
      }
      return "";
    } catch (SessionException e) {
      forget();
      return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
  }

  private void forget() {
    feeds.clear();
    expected.clear();
  }

  private Outputs run(Session session, Map<String, INDArray> feed) {
    Map<String, RuntimeValue> own = session.values(feed);
    Map<String, RuntimeValue> computed = Map.of();
    try {
      Map<String, RuntimeValue> given = new HashMap<>(bound);
      given.putAll(own);
      computed = session.run(given);
      return Outputs.of(computed);
    } finally {
      own.values().forEach(RuntimeValue::close);
      computed.values().forEach(RuntimeValue::close);
    }
  }

  /** Why there is nothing to compare with; empty if there is. */
  Optional<String> unproved() {
    return expected.isEmpty() ? Optional.of(unproved) : Optional.empty();
  }

  /**
   * How a prepared file differs from the original; empty if it agrees, or nothing can be said. Data
   * on which the original does not agree with itself, once optimized, are replaced by others.
   */
  Optional<String> differs(OnnxFile prepared) {
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
      return largest(prepared, Settings.Optimizer.OFF, BOUND).map(Outputs.Difference::toString);
    } catch (SessionException e) {
      return Optional.of("the file does not run: " + BasicOptimization.reason(e));
    }
  }

  private boolean isNoisy() {
    return largest(original, Settings.Optimizer.ALL, MAX_NOISE).isPresent();
  }

  private Optional<Outputs.Difference> largest(
      OnnxFile file, Settings.Optimizer optimizer, double allowed) {
    try (Session session = open(file, optimizer)) {
      for (int i = 0; i < feeds.size(); i++) {
        Optional<Outputs.Difference> difference =
            expected.get(i).against(run(session, feeds.get(i)), allowed);
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
    bound.values().forEach(RuntimeValue::close);
  }
}
