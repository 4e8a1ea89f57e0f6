package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the first node that differs, after a difference was found in the part between two cuts. It
 * compares the values that both graphs have under the same names there, and takes the first one
 * that differs. If none differs, the fault depends on what ONNX Runtime fuses; then the layer at
 * the beginning of the part is named.
 */
final class Culprit {
  private final OnnxFile exported;
  private final Graph graph;
  private final Reference reference;
  private final Settings settings;

  Culprit(OnnxFile exported, Reference reference, Settings settings) {
    this.exported = exported;
    this.graph = new Graph(exported);
    this.reference = reference;
    this.settings = settings;
  }

  /** Returns the node that causes a difference at a cut. */
  String of(Cut cut, Map<String, INDArray> given) {
    Exposure exposure = Exposure.of(graph, cut).orElseThrow();
    return of(exposure.value(), given, cut.node());
  }

  /** Returns the node that causes a difference at an output of the graph. */
  String of(String output, Map<String, INDArray> given) {
    NodeProto source = graph.producer(output);
    return of(output, given, source == null ? output : source.getName());
  }

  private String of(String end, Map<String, INDArray> given, String fallback) {
    List<NodeProto> stretch = stretch(end);
    Optional<String> first = firstDifferent(stretch, given);
    if (first.isPresent()) {
      return first.get();
    }
    String layer = fallback;
    for (NodeProto node : stretch) {
      if (reference.layers().contains(node.getName())) {
        layer = node.getName();
      }
    }
    return layer;
  }

  /** Returns the nodes between the preceding cuts and a value, in order. */
  private List<NodeProto> stretch(String end) {
    Set<String> behindCuts = new HashSet<>();
    reference
        .cuts()
        .forEach(cut -> Exposure.of(graph, cut).ifPresent(shown -> behindCuts.add(shown.value())));
    Set<String> names = new HashSet<>();
    Deque<String> values = new ArrayDeque<>(List.of(end));
    while (!values.isEmpty()) {
      String value = values.remove();
      NodeProto node = graph.producer(value);
      if (node != null
          && (value.equals(end) || !behindCuts.contains(value))
          && names.add(node.getName())) {
        values.addAll(Graph.reads(node));
      }
    }
    return graph.sorted().stream().filter(node -> names.contains(node.getName())).toList();
  }

  private Optional<String> firstDifferent(List<NodeProto> stretch, Map<String, INDArray> given) {
    Set<String> both = new LinkedHashSet<>();
    for (NodeProto node : stretch) {
      for (String output : node.getOutputList()) {
        if (reference.graph().producer(output) != null
            && !reference.scaledValues().contains(output)
            && graph.constant(output).isEmpty()) {
          both.add(output);
        }
      }
    }
    Graph shown = new Graph(exported);
    both.forEach(shown::addOutput);
    ModelProto model = exported.model().toBuilder().setGraph(shown.toProto()).build();
    try (Session actual = Session.open(model, settings);
        Session expected = Session.open(reference.model(both), Settings.DEFAULT)) {
      Map<String, INDArray> feed = new HashMap<>(given);
      Map<String, HostValue> a = HostValue.run(actual, feed);
      Map<String, HostValue> e = HostValue.run(expected, feed);
      for (NodeProto node : stretch) {
        for (String output : node.getOutputList()) {
          if (both.contains(output) && differs(e.get(output), a.get(output))) {
            return Optional.of(node.getName());
          }
        }
      }
      return Optional.empty();
    } catch (SessionException e) {
      return Optional.empty(); // the fault is known; only its place is not
    }
  }

  private static boolean differs(
      @org.jspecify.annotations.Nullable HostValue expected,
      @org.jspecify.annotations.Nullable HostValue actual) {
    if (expected instanceof HostValue.Floats e && actual instanceof HostValue.Floats a) {
      return Bound.of(e.array(), a.array(), null).exceeds();
    }
    if (expected instanceof HostValue.Integers e && actual instanceof HostValue.Integers a) {
      return Bound.of(e, a, List.of()).exceeds();
    }
    return false;
  }
}
