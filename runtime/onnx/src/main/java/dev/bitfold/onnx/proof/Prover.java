package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
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
  private final Faults faults;
  private final byte[] bytes;
  private final OnnxFile exported;
  private final Reference reference;
  private final Map<String, String> settings;
  private final Map<Cut, Exposure> exposures = new LinkedHashMap<>();
  private final Set<Cut> moved = new LinkedHashSet<>();
  private double largest;

  private Prover(
      String file,
      byte[] bytes,
      ModelProto exported,
      Reference reference,
      Map<String, String> settings) {
    this.faults = new Faults(file, exported);
    this.bytes = bytes;
    this.exported = new OnnxFile(file, exported);
    this.reference = reference;
    this.settings = settings;
  }

  /**
   * Refuses a proof that cannot be made here.
   *
   * @throws OnnxException if ONNX Runtime is not on the class path and the proof is not skipped
   */
  public static void requireRuntime(String file, OnnxProof proof) {
    if (!(proof instanceof OnnxProof.Skipped) && !OrtRuns.arePossible()) {
      throw new OnnxException(
          file,
          "is exported with a proof, for which ONNX Runtime must be on the class path: add"
              + " com.microsoft.onnxruntime:onnxruntime, or skip the proof with"
              + " options.withProof(OnnxProof.skipped(reason))");
    }
  }

  /**
   * Proves a file.
   *
   * @param file names the export in messages
   * @param bytes as they will be written
   * @param exported the same, parsed
   * @param settings entries that a session needs in its configuration
   * @throws OnnxException if it cannot be run, or does not compute what the reference does: the
   *     message names the first node that differs, and by how much
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
      return new Prover(file, bytes, exported, reference, settings).run(proof);
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
        .map(Exposure::value)
        .filter(value -> !graph.isFed(value))
        .forEach(graph::addOutput);
    ModelProto shown = exported.model().toBuilder().setGraph(graph.toProto()).build();
    try (OrtRuns whole = openExported();
        OrtRuns exposed = OrtRuns.open(shown, settings);
        OrtRuns expected = openReference()) {
      Sessions sessions = new Sessions(whole, exposed, expected);
      String data;
      if (proof instanceof OnnxProof.OnFeeds given) {
        for (Map<String, INDArray> feed : given.feeds()) {
          prove(sessions, feed);
          given
              .model()
              .ifPresent(
                  model -> new WholeModel(this.exported, settings, model).compare(whole, feed));
        }
        data = given.feeds().size() + " feeds";
      } else {
        long seed = ((OnnxProof.OnRandom) proof).seed();
        data = onRandom(sessions, seed) + " random feeds of seed " + seed;
      }
      List<String> unmoved = new ArrayList<>();
      exposures.keySet().stream()
          .filter(cut -> !moved.contains(cut))
          .forEach(cut -> unmoved.add(cut.node()));
      int outputs = new Graph(reference.original()).graphOutputs().size();
      return new ProofResult.Proved(
          OrtRuns.version(), data, exposures.size() + outputs, largest, unmoved, settings);
    } catch (OrtRuns.RunException e) {
      throw Faults.unproved(faults.file(), String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * The three that run beside each other.
   *
   * @param whole the file as it is
   * @param exposed the file that shows what it has at the cuts
   * @param expected the reference
   */
  private record Sessions(OrtRuns whole, OrtRuns exposed, OrtRuns expected) {}

  /** The cuts in the order in which the exported file computes their nodes. */
  private List<Cut> inOrder(Graph graph) {
    Map<String, Integer> places = new HashMap<>();
    graph.sorted().forEach(node -> places.put(node.getName(), places.size()));
    List<Cut> cuts = new ArrayList<>(reference.cuts());
    cuts.sort(
        java.util.Comparator.comparingInt(
            (Cut cut) -> 2 * places.getOrDefault(cut.node(), 0) + (cut.output() ? 1 : 0)));
    return cuts;
  }

  private OrtRuns openExported() {
    try {
      return OrtRuns.open(bytes, settings);
    } catch (OrtRuns.RunException e) {
      throw faults.fault("does not load in ONNX Runtime" + faults.at(e), e);
    }
  }

  private OrtRuns openReference() {
    try {
      return OrtRuns.open(reference.model(Set.of()), Map.of());
    } catch (OrtRuns.RunException e) {
      throw Faults.unproved(faults.file(), "the float model does not run: " + e.getMessage(), e);
    }
  }

  private int onRandom(Sessions sessions, long seed) throws OrtRuns.RunException {
    RandomFeeds feeds = new RandomFeeds(reference, seed);
    String refusal = "";
    try (OrtRuns original = OrtRuns.open(reference.original().model(), Map.of())) {
      for (int size : RandomFeeds.SIZES) {
        Map<String, INDArray> first = feeds.feed(2, size);
        try {
          original.run(first);
        } catch (OrtRuns.RunException e) {
          refusal = refusal.isEmpty() ? String.valueOf(e.getMessage()) : refusal;
          continue;
        }
        prove(sessions, first);
        // Sizes that the export has taken for fixed show themselves in a second feed.
        Map<String, INDArray> second = feeds.feed(3, size + (size > 1 ? size / 2 : 1));
        try {
          original.run(second);
        } catch (OrtRuns.RunException e) {
          return 1;
        }
        prove(sessions, second);
        return 2;
      }
    }
    throw new OnnxException(
        faults.file(),
        "cannot be proved on random data, which the float model does not take ("
            + refusal
            + "); give the proof data: options.withProof(OnnxProof.on(feeds))");
  }

  private void prove(Sessions sessions, Map<String, INDArray> feed) throws OrtRuns.RunException {
    Map<String, HostValue> shown;
    Map<String, HostValue> plain;
    try {
      shown = sessions.exposed().run(feed);
      plain = sessions.whole().run(feed);
    } catch (OrtRuns.RunException e) {
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
      expected = sessions.expected().run(given);
    } catch (OrtRuns.RunException e) {
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

  private void requireFloatRuns(Map<String, INDArray> feed) {
    try (OrtRuns original = OrtRuns.open(reference.original().model(), Map.of())) {
      original.run(feed);
    } catch (OrtRuns.RunException e) {
      throw new OnnxException(
          faults.file(),
          "the float model does not take the data of the proof: " + e.getMessage(),
          e);
    }
  }

  private INDArray behind(
      Cut cut, Exposure exposure, Map<String, HostValue> shown, Map<String, INDArray> feed) {
    HostValue value = shown.get(exposure.value());
    INDArray fed = feed.get(exposure.value());
    Optional<INDArray> array =
        value != null
            ? exposure.read(value)
            : Optional.ofNullable(fed)
                .map(x -> x.castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT));
    INDArray found =
        array.orElseThrow(
            () -> faults.fault("has no floats at " + exposure.value() + ", at node " + cut.node()));
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
