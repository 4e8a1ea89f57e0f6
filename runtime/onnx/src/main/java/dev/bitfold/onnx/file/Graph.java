package dev.bitfold.onnx.file;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * Represents a graph that is being changed. Nodes are replaced as a whole and keep their names,
 * which are unique. Their order is computed at the end. For one thread.
 */
public final class Graph {
  private static final long INITIALIZERS_ARE_DEFAULTS = 4;

  private final String file;
  private final GraphProto original;
  private final boolean overridable;
  private final Map<String, NodeProto> nodes = new LinkedHashMap<>();
  private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
  private final Map<String, ValueInfoProto> graphInputs = new LinkedHashMap<>();
  private final Map<String, ValueInfoProto> graphOutputs = new LinkedHashMap<>();
  private final Set<String> valueNames = new HashSet<>();
  private final Set<String> nodeNames = new HashSet<>();

  /** The name of the node that yields each value. */
  private final Map<String, String> producers = new HashMap<>();

  /** The names of the nodes that read each value. */
  private final Map<String, Set<String>> readers = new HashMap<>();

  public Graph(OnnxFile file) {
    this.file = file.name();
    this.original = NodeNames.unique(file.model().getGraph());
    this.overridable = file.model().getIrVersion() >= INITIALIZERS_ARE_DEFAULTS;
    original.getInitializerList().forEach(t -> initializers.put(t.getName(), t));
    original.getInputList().forEach(input -> graphInputs.put(input.getName(), input));
    original.getOutputList().forEach(output -> graphOutputs.put(output.getName(), output));
    valueNames.addAll(initializers.keySet());
    valueNames.addAll(graphInputs.keySet());
    names(original.getNodeList());
    original.getNodeList().forEach(this::index);
  }

  private void index(NodeProto node) {
    if (nodes.put(node.getName(), node) != null) {
      throw new IllegalStateException("two nodes " + node.getName());
    }
    link(node);
  }

  private void link(NodeProto node) {
    node.getOutputList().forEach(output -> producers.put(output, node.getName()));
    reads(node)
        .forEach(in -> readers.computeIfAbsent(in, k -> new LinkedHashSet<>()).add(node.getName()));
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

  /** Returns whether a node is one of ONNX's own operators, and has this operation. */
  public static boolean is(NodeProto node, String operation) {
    return node.getOpType().equals(operation) && isStandard(node.getDomain());
  }

  /** Returns whether a domain is ONNX's own, which has two names. */
  public static boolean isStandard(String domain) {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  /** Returns the graphs inside of a node. */
  public static List<GraphProto> subgraphs(NodeProto node) {
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

  /** Returns the nodes, in no particular order. */
  public List<NodeProto> nodes() {
    return List.copyOf(nodes.values());
  }

  public Optional<NodeProto> node(String name) {
    return Optional.ofNullable(nodes.get(name));
  }

  /** Returns the node whose subgraph contains, at any depth, a node of that name. */
  public Optional<NodeProto> holder(String name) {
    return nodes.values().stream().filter(node -> holds(node, name)).findFirst();
  }

  private static boolean holds(NodeProto node, String name) {
    return subgraphs(node).stream()
        .flatMap(inner -> inner.getNodeList().stream())
        .anyMatch(inner -> inner.getName().equals(name) || holds(inner, name));
  }

  /** Returns whether a constant is stored in sparse form, which is not supported here. */
  public boolean isSparse(String value) {
    return original.getSparseInitializerList().stream()
        .anyMatch(sparse -> sparse.getValues().getName().equals(value));
  }

  public @Nullable TensorProto initializer(String name) {
    return initializers.get(name);
  }

  /** Returns the inputs of the graph that a caller must feed, in order. */
  public List<ValueInfoProto> fedInputs() {
    return graphInputs.values().stream()
        .filter(input -> !initializers.containsKey(input.getName()))
        .toList();
  }

  /** Returns whether a value is an input that a caller must feed. */
  public boolean isFed(String value) {
    return graphInputs.containsKey(value) && !initializers.containsKey(value);
  }

  /** Returns the outputs of the graph, in order. */
  public List<String> graphOutputs() {
    return List.copyOf(graphOutputs.keySet());
  }

  public boolean isGraphOutput(String value) {
    return graphOutputs.containsKey(value);
  }

  /** Returns the declared type of an input of the graph. */
  Optional<ValueInfoProto> graphInput(String value) {
    return Optional.ofNullable(graphInputs.get(value));
  }

  /** Adds an input that a caller must feed. */
  public void addInput(ValueInfoProto input) {
    graphInputs.put(input.getName(), input);
    valueNames.add(input.getName());
  }

  /** Makes a value an output of the graph, with the type of the value. */
  public void addOutput(String value) {
    graphOutputs.putIfAbsent(value, ValueInfoProto.newBuilder().setName(value).build());
  }

  /** Removes a value from the outputs of the graph. */
  public void removeOutput(String value) {
    graphOutputs.remove(value);
  }

  /** Returns an unused name for a value and its node. */
  public String fresh(String base) {
    String name = base;
    for (int i = 1; valueNames.contains(name) || nodeNames.contains(name); i++) {
      name = base + "_" + i;
    }
    valueNames.add(name);
    nodeNames.add(name);
    return name;
  }

  /** Adds a constant under its own unique name, and returns that name. */
  public String add(TensorProto tensor) {
    String name = fresh(tensor.getName());
    initializers.put(name, tensor.toBuilder().setName(name).build());
    return name;
  }

  public void replace(String initializer, TensorProto by) {
    initializers.put(initializer, by.toBuilder().setName(initializer).build());
  }

  /**
   * Adds a node with one output that has the node's name.
   *
   * @return the output
   */
  public String add(String base, String operation, UnaryOperator<NodeProto.Builder> rest) {
    String name = fresh(base);
    NodeProto.Builder node =
        NodeProto.newBuilder().setName(name).setOpType(operation).addOutput(name);
    index(rest.apply(node).build());
    return name;
  }

  /** Adds a node that yields a value that no other node yields. */
  public void addInto(
      String value, String base, String operation, UnaryOperator<NodeProto.Builder> rest) {
    NodeProto.Builder node =
        NodeProto.newBuilder().setName(fresh(base)).setOpType(operation).addOutput(value);
    index(rest.apply(node).build());
  }

  /** Replaces a node by another node of the same name. */
  public void replace(NodeProto node, NodeProto by) {
    NodeProto old = nodes.get(node.getName());
    if (old == null || !by.getName().equals(node.getName())) {
      throw new IllegalStateException("no node " + node.getName() + " for " + by.getName());
    }
    unlink(old);
    nodes.put(by.getName(), by);
    link(by);
  }

  public void remove(NodeProto node) {
    NodeProto old = nodes.remove(node.getName());
    if (old != null) {
      unlink(old);
    }
  }

  private void unlink(NodeProto node) {
    node.getOutputList().forEach(output -> producers.remove(output, node.getName()));
    for (String in : reads(node)) {
      Set<String> names = readers.get(in);
      if (names != null) {
        names.remove(node.getName());
      }
    }
  }

  public @Nullable NodeProto producer(String value) {
    String name = producers.get(value);
    return name == null ? null : nodes.get(name);
  }

  /** Returns the nodes that read a value, including nodes whose subgraphs read it. */
  public List<NodeProto> readers(String value) {
    return readers.getOrDefault(value, Set.of()).stream()
        .map(nodes::get)
        .filter(Objects::nonNull)
        .toList();
  }

  /** Returns all values that a node reads, each once. */
  public static Set<String> reads(NodeProto node) {
    Set<String> reads = new LinkedHashSet<>(node.getInputList());
    for (GraphProto inner : subgraphs(node)) {
      inner.getNodeList().forEach(n -> reads.addAll(reads(n)));
      inner.getOutputList().forEach(output -> reads.add(output.getName()));
    }
    reads.remove("");
    return reads;
  }

  /**
   * Returns the constant behind a value: an initializer that no caller can override, or the output
   * of a Constant.
   */
  public Optional<TensorProto> constant(String value) {
    return held(value, overridable);
  }

  /** Returns the constant as {@link #constant} does, also one that a caller could override. */
  public Optional<TensorProto> held(String value) {
    return held(value, false);
  }

  private Optional<TensorProto> held(String value, boolean unlessInput) {
    String name = value;
    for (int step = 0; step <= nodes.size(); step++) {
      TensorProto tensor = initializers.get(name);
      if (tensor != null) {
        return unlessInput && graphInputs.containsKey(name)
            ? Optional.empty()
            : Optional.of(tensor);
      }
      NodeProto source = producer(name);
      if (source != null && is(source, "Constant")) {
        return source.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("value") && attribute.hasT())
            .map(AttributeProto::getT)
            .findFirst();
      }
      if (source == null || !is(source, "Identity") || source.getInputCount() != 1) {
        return Optional.empty();
      }
      name = source.getInput(0);
    }
    return Optional.empty();
  }

  /** Inserts nodes behind a value of a node, which gets a new name; readers keep the old one. */
  public String divert(String value, String suffix) {
    NodeProto node = Objects.requireNonNull(producer(value), value);
    String diverted = fresh(value + suffix);
    replace(
        node, node.toBuilder().setOutput(node.getOutputList().indexOf(value), diverted).build());
    return diverted;
  }

  /** Removes nodes and initializers that are not read. */
  public void removeUnread() {
    Deque<NodeProto> left = new ArrayDeque<>(nodes.values());
    for (NodeProto node = left.poll(); node != null; node = left.poll()) {
      if (node.getOutputList().stream().noneMatch(this::isRead)) {
        remove(node);
        reads(node).stream().map(this::producer).filter(Objects::nonNull).forEach(left::add);
      }
    }
    initializers.keySet().removeIf(name -> !isRead(name));
  }

  private boolean isRead(String value) {
    return graphOutputs.containsKey(value) || !readers.getOrDefault(value, Set.of()).isEmpty();
  }

  /** Returns the graph in topological order. Nodes keep their order as far as possible. */
  public GraphProto toProto() {
    GraphProto.Builder graph =
        original.toBuilder()
            .clearNode()
            .clearInitializer()
            .clearValueInfo()
            .clearInput()
            .clearOutput();
    sorted().forEach(graph::addNode);
    initializers.values().forEach(graph::addInitializer);
    Set<String> given = new HashSet<>();
    original.getInitializerList().forEach(tensor -> given.add(tensor.getName()));
    for (ValueInfoProto input : graphInputs.values()) {
      if (!given.contains(input.getName()) || initializers.containsKey(input.getName())) {
        graph.addInput(input);
      }
    }
    graphOutputs.values().forEach(graph::addOutput);
    return graph.build();
  }

  /** Returns the nodes in topological order. Nodes keep their order as far as possible. */
  public List<NodeProto> sorted() {
    List<String> names = new ArrayList<>(nodes.keySet());
    Map<String, Integer> place = new HashMap<>();
    names.forEach(name -> place.put(name, place.size()));
    int[] waits = new int[names.size()];
    PriorityQueue<Integer> ready = new PriorityQueue<>();
    for (int i = 0; i < waits.length; i++) {
      for (String read : reads(Objects.requireNonNull(nodes.get(names.get(i))))) {
        waits[i] += producers.containsKey(read) ? 1 : 0;
      }
      if (waits[i] == 0) {
        ready.add(i);
      }
    }
    List<NodeProto> sorted = new ArrayList<>();
    while (!ready.isEmpty()) {
      NodeProto node = Objects.requireNonNull(nodes.get(names.get(ready.remove())));
      sorted.add(node);
      for (String output : node.getOutputList()) {
        for (String reader : readers.getOrDefault(output, Set.of())) {
          int at = Objects.requireNonNull(place.get(reader));
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
