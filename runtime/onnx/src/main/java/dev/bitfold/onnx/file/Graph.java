package dev.bitfold.onnx.file;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.function.UnaryOperator;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.jspecify.annotations.Nullable;

/**
 * A graph that is being changed. Nodes are replaced whole; their order is found again at the end.
 * For one thread.
 */
public final class Graph {
  private final String file;
  private final GraphProto original;
  private final List<NodeProto> nodes;
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
  private final Set<String> graphInputs = new LinkedHashSet<>();
  private final Set<String> graphOutputs = new LinkedHashSet<>();
  private final Set<String> valueNames = new HashSet<>();
  private final Set<String> nodeNames = new HashSet<>();
  private Map<String, NodeProto> producers = new HashMap<>();
  private Map<String, List<NodeProto>> readers = new HashMap<>();
  private boolean stale = true;

  public Graph(OnnxFile file) {
    this.file = file.name();
    this.original = file.model().getGraph();
    this.nodes = new ArrayList<>(original.getNodeList());
    original.getInitializerList().forEach(t -> initializers.put(t.getName(), t));
    original.getInputList().forEach(input -> graphInputs.add(input.getName()));
    original.getOutputList().forEach(output -> graphOutputs.add(output.getName()));
    valueNames.addAll(initializers.keySet());
    valueNames.addAll(graphInputs);
    names(nodes);
  }

  private void names(List<NodeProto> some) {
    for (NodeProto node : some) {
      nodeNames.add(node.getName());
      valueNames.addAll(node.getOutputList());
      for (GraphProto inner : subgraphs(node)) {
        inner.getInitializerList().forEach(t -> valueNames.add(t.getName()));
        inner.getInputList().forEach(input -> valueNames.add(input.getName()));
        names(inner.getNodeList());
      }
    }
  }

  static List<GraphProto> subgraphs(NodeProto node) {
    List<GraphProto> found = new ArrayList<>();
    for (AttributeProto attribute : node.getAttributeList()) {
      if (attribute.hasG()) {
        found.add(attribute.getG());
      }
      found.addAll(attribute.getGraphsList());
    }
    return found;
  }

  public OnnxException bad(String problem) {
    return new OnnxException(file, problem);
  }

  public String file() {
    return file;
  }

  public List<NodeProto> nodes() {
    return List.copyOf(nodes);
  }

  public Optional<NodeProto> node(String name) {
    return nodes.stream().filter(node -> node.getName().equals(name)).findFirst();
  }

  Set<String> initializerNames() {
    return initializers.keySet();
  }

  public @Nullable TensorProto initializer(String name) {
    return initializers.get(name);
  }

  boolean isGraphInput(String value) {
    return graphInputs.contains(value);
  }

  public boolean isGraphOutput(String value) {
    return graphOutputs.contains(value);
  }

  /** The declared type of an input of the graph. */
  Optional<ValueInfoProto> graphInput(String value) {
    return original.getInputList().stream().filter(v -> v.getName().equals(value)).findFirst();
  }

  /** A name that is not in use, for a value and its node. */
  String fresh(String base) {
    String name = base;
    for (int i = 1; valueNames.contains(name) || nodeNames.contains(name); i++) {
      name = base + "_" + i;
    }
    valueNames.add(name);
    nodeNames.add(name);
    return name;
  }

  /** Adds a constant under a name of its own, and returns that. */
  public String add(TensorProto tensor) {
    String name = fresh(tensor.getName());
    initializers.put(name, tensor.toBuilder().setName(name).build());
    return name;
  }

  public void replace(String initializer, TensorProto by) {
    initializers.put(initializer, by.toBuilder().setName(initializer).build());
  }

  public void add(NodeProto node) {
    nodes.add(node);
    stale = true;
  }

  /**
   * Adds a node with one output that has its name.
   *
   * @return the output
   */
  public String add(String base, String operation, UnaryOperator<NodeProto.Builder> rest) {
    String name = fresh(base);
    NodeProto.Builder node =
        NodeProto.newBuilder().setName(name).setOpType(operation).addOutput(name);
    add(rest.apply(node).build());
    return name;
  }

  @SuppressWarnings("ReferenceEquality") // there may be equal nodes without names
  public void replace(NodeProto node, NodeProto by) {
    for (int i = 0; i < nodes.size(); i++) {
      if (nodes.get(i) == node) {
        nodes.set(i, by);
        stale = true;
        return;
      }
    }
    throw new IllegalStateException("no node " + node.getName());
  }

  public @SuppressWarnings("ReferenceEquality") void remove(NodeProto node) {
    nodes.removeIf(other -> other == node);
    stale = true;
  }

  public @Nullable NodeProto producer(String value) {
    refresh();
    return producers.get(value);
  }

  /** The nodes that read a value, also from inside of their subgraphs. */
  public List<NodeProto> readers(String value) {
    refresh();
    return readers.getOrDefault(value, List.of());
  }

  private void refresh() {
    if (!stale) {
      return;
    }
    producers = new HashMap<>();
    readers = new HashMap<>();
    for (NodeProto node : nodes) {
      node.getOutputList().forEach(output -> producers.put(output, node));
      reads(node).forEach(in -> readers.computeIfAbsent(in, k -> new ArrayList<>()).add(node));
    }
    stale = false;
  }

  /** All values that a node reads, once each. */
  static Set<String> reads(NodeProto node) {
    Set<String> reads = new LinkedHashSet<>(node.getInputList());
    for (GraphProto inner : subgraphs(node)) {
      inner.getNodeList().forEach(n -> reads.addAll(reads(n)));
      inner.getOutputList().forEach(output -> reads.add(output.getName()));
    }
    reads.remove("");
    return reads;
  }

  /** The constant behind a value: an initializer, or what a Constant yields. */
  public Optional<TensorProto> constant(String value) {
    String name = value;
    for (int step = 0; step <= nodes.size(); step++) {
      TensorProto tensor = initializers.get(name);
      if (tensor != null) {
        return graphInputs.contains(name) ? Optional.empty() : Optional.of(tensor);
      }
      NodeProto source = producer(name);
      if (source != null && source.getOpType().equals("Constant")) {
        return source.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("value") && attribute.hasT())
            .map(AttributeProto::getT)
            .findFirst();
      }
      if (source == null || !source.getOpType().equals("Identity") || source.getInputCount() != 1) {
        return Optional.empty();
      }
      name = source.getInput(0);
    }
    return Optional.empty();
  }

  /** Makes a node's output go through others: it gets a new name, and readers keep the old one. */
  public String divert(NodeProto node, String suffix) {
    String old = node.getOutput(0);
    String diverted = fresh(old + suffix);
    replace(node, node.toBuilder().setOutput(0, diverted).build());
    return diverted;
  }

  /** Removes nodes and initializers that nothing reads. */
  public void removeUnread() {
    boolean removed = true;
    while (removed) {
      Set<String> read = new HashSet<>(graphOutputs);
      nodes.forEach(node -> read.addAll(reads(node)));
      removed = nodes.removeIf(node -> node.getOutputList().stream().noneMatch(read::contains));
      stale |= removed;
      initializers.keySet().removeIf(name -> !read.contains(name));
    }
  }

  /** The graph in topological order; nodes keep their order as far as it is one. */
  public GraphProto toProto() {
    GraphProto.Builder graph =
        original.toBuilder().clearNode().clearInitializer().clearValueInfo().clearInput();
    sorted().forEach(graph::addNode);
    initializers.values().forEach(graph::addInitializer);
    Set<String> given = new HashSet<>();
    original.getInitializerList().forEach(tensor -> given.add(tensor.getName()));
    for (ValueInfoProto input : original.getInputList()) {
      if (!given.contains(input.getName()) || initializers.containsKey(input.getName())) {
        graph.addInput(input);
      }
    }
    return graph.build();
  }

  private List<NodeProto> sorted() {
    stale = true;
    refresh();
    IdentityHashMap<NodeProto, Integer> place = new IdentityHashMap<>();
    nodes.forEach(node -> place.put(node, place.size()));
    int[] waits = new int[nodes.size()];
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < waits.length; i++) {
      for (String read : reads(nodes.get(i))) {
        waits[i] += producers.containsKey(read) ? 1 : 0;
      }
      if (waits[i] == 0) {
        ready.add(i);
      }
    }
    List<NodeProto> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      NodeProto node = nodes.get(ready.remove());
      sorted.add(node);
      for (String output : node.getOutputList()) {
        for (NodeProto reader : readers.getOrDefault(output, List.of())) {
          int at = java.util.Objects.requireNonNull(place.get(reader));
          if (--waits[at] == 0) {
            ready.add(at);
          }
        }
      }
    }
    if (sorted.size() != nodes.size()) {
      throw bad("has a cycle");
    }
    return sorted;
  }
}
