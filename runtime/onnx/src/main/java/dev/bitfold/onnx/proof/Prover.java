package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.RuntimeThere;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.ModelProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs an exported file in ONNX Runtime, with its optimizer on, beside a {@link Reference}. For one
 * thread.
 */
public final class Prover {
  private static final String OR_SKIP =
      ", or skip the proof with options.withProof(OnnxProof.skipped(reason))";

  private static final String NOT_THE_MODEL =
      "Each node computes what its layer does, so the float file is not the float model: compare"
          + " what both compute in float, such as an epsilon, an alpha, a padding or an activation";

  private final Faults faults;
  private final byte[] bytes;
  private final OnnxFile written;
  private final OnnxFile exported;
  private final Reference reference;
  private final Settings settings;
  private final Map<Cut, Exposure> exposures = new LinkedHashMap<>();
  private final Set<Cut> moved = new LinkedHashSet<>();
  private double largest;

  private Prover(
      String file, byte[] bytes, ModelProto exported, Reference reference, Settings settings) {
    this.faults = new Faults(file, exported);
    this.written = new OnnxFile(file, exported);
    if (RoundedProducts.isIn(exported)) {
      ModelProto exact = RoundedProducts.without(exported);
      this.bytes = exact.toByteArray();
      this.exported = new OnnxFile(file, exact);
    } else {
      this.bytes = bytes;
      this.exported = written;
    }
    this.reference = reference;
    this.settings = settings;
  }

  /**
   * Refuses a proof that is not possible here.
   *
   * @throws OnnxException if the proof is not skipped, but ONNX Runtime is not on the class path or
   *     cannot be loaded on this machine
   */
  public static void requireRuntime(String file, OnnxProof proof) {
    if (proof instanceof OnnxProof.Skipped) {
      return;
    }
    RuntimeThere.require(file, "is proved", OR_SKIP);
  }

  /**
   * Proves a file. If it lets ONNX Runtime round inputs of MatMulNBits, the same file without that
   * is proved, and then what the rounding changes is measured.
   *
   * @param file the name of the export in messages
   * @param bytes the bytes that will be written
   * @param exported the same file, parsed
   * @param settings the settings that a session needs
   * @throws OnnxException if the file cannot be run, or does not compute what the reference
   *     computes; the message names the first node that differs, and by how much
   */
  public static ProofResult prove(
      String file,
      byte[] bytes,
      ModelProto exported,
      Reference reference,
      OnnxProof proof,
      Map<String, String> settings) {
    if (proof instanceof OnnxProof.Skipped skipped) {
      return new ProofResult.Skipped(skipped.reason());
    }
    try {
      return new Prover(file, bytes, exported, reference, Settings.DEFAULT.with(settings))
          .run(proof);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw Faults.unproved(file, String.valueOf(e.getMessage()), e);
    }
  }

  private ProofResult run(OnnxProof proof) {
    Graph graph = new Graph(exported);
    for (Cut cut : inOrder(graph)) {
      exposures.put(
          cut,
          Exposure.of(graph, cut)
              .orElseThrow(
                  () -> faults.fault("has no node " + cut.node() + ", which computes a layer")));
    }
    exposures.values().stream()
        .flatMap(exposure -> exposure.values().stream())
        .filter(value -> !graph.isFed(value))
        .forEach(graph::addOutput);
    ModelProto shown = exported.model().toBuilder().setGraph(graph.toProto()).build();
    try (Session whole = openExported();
        Session exposed = Session.open(shown, settings);
        Session expected = openReference()) {
      Sessions sessions = new Sessions(whole, exposed, expected);
      int weights = new HeldWeights(exported, reference, settings, faults).prove();
      List<Map<String, INDArray>> feeds = feeds(proof, whole);
      for (Map<String, INDArray> feed : feeds) {
        proveOrExplain(sessions, shown, feed);
        if (proof.model().isPresent()) {
          new WholeModel(exported, settings, proof.model().get(), true, NOT_THE_MODEL)
              .compare(whole, feed);
        }
      }
      List<String> unmoved = new ArrayList<>();
      exposures.keySet().stream()
          .filter(cut -> !moved.contains(cut))
          .forEach(cut -> unmoved.add(cut.node()));
      int outputs = new Graph(reference.original()).graphOutputs().size();
      return new ProofResult.Proved(
          Session.version(),
          data(proof, feeds.size()),
          exposures.size() + outputs + weights,
          largest,
          unmoved,
          settings.entries(),
          rounding(feeds));
    } catch (SessionException e) {
      throw Faults.unproved(faults.file(), String.valueOf(e.getMessage()), e);
    }
  }

  private Optional<ProofResult.Rounding> rounding(List<Map<String, INDArray>> feeds) {
    return RoundedProducts.isIn(written.model())
        ? Optional.of(
            new RoundedProducts(written, exported.model(), settings, faults).measure(feeds))
        : Optional.empty();
  }

  private List<Map<String, INDArray>> feeds(OnnxProof proof, Session whole) {
    if (!(proof instanceof OnnxProof.OnRandom random)) {
      return ((OnnxProof.OnFeeds) proof).feeds();
    }
    return new ProofFeeds(reference, random.seed()).takenBy(feed -> requireTaken(whole, feed));
  }

  /**
   * Reports a feed that the file does not accept. This is a fault of the file if the float model
   * accepts it.
   */
  private void requireTaken(Session whole, Map<String, INDArray> feed) {
    try {
      HostValue.run(whole, feed);
    } catch (SessionException e) {
      try (Session original = Session.open(reference.original().model(), Settings.DEFAULT)) {
        HostValue.run(original, feed);
      }
    }
  }

  /** Returns the data that a file was proved on, for its result. */
  static String data(OnnxProof proof, int feeds) {
    return proof instanceof OnnxProof.OnRandom random
        ? feeds + " random feeds of seed " + random.seed()
        : feeds + " feeds";
  }

  /**
   * Holds the three sessions of a proof.
   *
   * @param whole the file as it is
   * @param exposed the file that shows its values at the cuts
   * @param expected the reference
   */
  private record Sessions(Session whole, Session exposed, Session expected) {}

  /** Returns the cuts in the order in which the exported file computes their nodes. */
  private List<Cut> inOrder(Graph graph) {
    Map<String, Integer> places = new HashMap<>();
    graph.sorted().forEach(node -> places.put(node.getName(), places.size()));
    List<Cut> cuts = new ArrayList<>(reference.cuts());
    cuts.sort(
        java.util.Comparator.comparingInt(
            (Cut cut) -> 2 * places.getOrDefault(cut.node(), 0) + (cut.output() ? 1 : 0)));
    return cuts;
  }

  private Session openExported() {
    try {
      return Session.open(bytes, settings);
    } catch (SessionException e) {
      throw faults.fault("does not load in ONNX Runtime" + faults.at(e), e);
    }
  }

  private Session openReference() {
    try {
      return Session.open(reference.model(Set.of()), Settings.DEFAULT);
    } catch (SessionException e) {
      throw Faults.unproved(faults.file(), "the float model does not run: " + e.getMessage(), e);
    }
  }

  private void prove(Sessions sessions, Map<String, INDArray> feed) {
    Map<String, HostValue> shown;
    Map<String, HostValue> plain;
    try {
      shown = HostValue.run(sessions.exposed(), feed);
      plain = HostValue.run(sessions.whole(), feed);
    } catch (SessionException e) {
      requireFloatRuns(feed);
      throw faults.fault("does not run in ONNX Runtime" + faults.at(e), e);
    }
    Map<String, INDArray> given = new HashMap<>(feed);
    reference
        .units()
        .forEach(
            (noise, units) ->
                given.put(
                    noise, DenseFloats.array(new float[units.length], reference.shapeOf(noise))));
    for (Map.Entry<Cut, Exposure> entry : exposures.entrySet()) {
      given.put(entry.getKey().behind(), behind(entry.getKey(), entry.getValue(), shown, feed));
    }
    Map<String, HostValue> expected;
    try {
      expected = HostValue.run(sessions.expected(), given);
    } catch (SessionException e) {
      requireFloatRuns(feed);
      throw faults.fault("has other shapes than the model: " + e.getMessage(), e);
    }
    Comparison comparison = new Comparison(reference, faults, sessions.expected(), given, expected);
    compareCuts(comparison);
    compareOutputs(comparison, shown);
    new Unexposed(exported, settings, exposures, comparison::within)
        .compare(sessions.exposed(), feed, shown, plain)
        .ifPresent(
            cut -> {
              throw faults.fault(
                  "is not the quantized model: ONNX Runtime's optimizer changes what node "
                      + cut.cut().node()
                      + " computes, "
                      + cut.difference().text());
            });
  }

  /** Proves as {@link #prove} does. For a fault, finds whether it depends on the optimizer. */
  private void proveOrExplain(Sessions sessions, ModelProto shown, Map<String, INDArray> feed) {
    try {
      prove(sessions, feed);
    } catch (OnnxException e) {
      throw isRightUnoptimized(sessions.expected(), shown, feed) ? faults.ofOptimizer(e) : e;
    }
  }

  private boolean isRightUnoptimized(
      Session expected, ModelProto shown, Map<String, INDArray> feed) {
    try (Session whole = Session.open(exported.model(), settings.with(Settings.Optimizer.OFF));
        Session exposed = Session.open(shown, settings.with(Settings.Optimizer.OFF))) {
      prove(new Sessions(whole, exposed, expected), feed);
      return true;
    } catch (OnnxException | SessionException e) {
      return false;
    }
  }

  private void requireFloatRuns(Map<String, INDArray> feed) {
    try (Session original = Session.open(reference.original().model(), Settings.DEFAULT)) {
      HostValue.run(original, feed);
    } catch (SessionException e) {
      throw new OnnxException(
          faults.file(),
          "the float model does not take the data of the proof: " + e.getMessage(),
          e);
    }
  }

  private INDArray behind(
      Cut cut, Exposure exposure, Map<String, HostValue> shown, Map<String, INDArray> feed) {
    INDArray found =
        exposure
            .read(shown, feed)
            .orElseThrow(
                () ->
                    faults.fault(
                        "has no floats at " + exposure.value() + ", at node " + cut.node()));
    if (found.length() > 0 && found.minNumber().floatValue() < found.maxNumber().floatValue()) {
      moved.add(cut);
    }
    return found;
  }

  private void compareCuts(Comparison comparison) {
    for (Cut cut : exposures.keySet()) {
      Bound.Difference difference = comparison.of(cut);
      if (difference.exceeds()) {
        Culprit culprit = new Culprit(exported, reference, settings);
        String place =
            (cut.output() ? "what node " : "the input of node ")
                + cut.node()
                + (cut.output() ? " makes" : "")
                + " ("
                + cut.activation().tensor()
                + ")";
        throw faults.differs(culprit.of(cut, comparison.given()), difference, place);
      }
      largest = Math.max(largest, difference.relative());
    }
  }

  private void compareOutputs(Comparison comparison, Map<String, HostValue> shown) {
    for (String output : new Graph(reference.original()).graphOutputs()) {
      if (exposures.keySet().stream().anyMatch(cut -> cut.output() && cut.value().equals(output))) {
        continue; // compared as the output of its layer
      }
      HostValue actual = shown.get(output);
      if (actual == null) {
        throw faults.fault("has no output " + output);
      }
      Bound.Difference difference = comparison.of(output, actual);
      if (difference.exceeds()) {
        Culprit culprit = new Culprit(exported, reference, settings);
        throw faults.differs(
            culprit.of(output, comparison.given()), difference, "output " + output);
      }
      largest = Math.max(largest, difference.relative());
    }
  }
}
