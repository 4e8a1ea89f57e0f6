package dev.bitfold.onnx.export;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.State;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.onnx.file.CleanShapes;
import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OpsetRaise;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.onnx.proof.Reference;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.storage.Frozen;
import dev.bitfold.storage.StateFile;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs one export: the checks, the description of what the file must compute, and the writing. */
final class QdqExport {
  private static final long PER_CHANNEL = 13;
  private static final long BLOCKS = 21;

  private final OnnxFile file;
  private final StateFile stored;
  private final Map<String, String> floatHashes;
  private final OnnxMapping mapping;
  private final OnnxOptions options;
  private @Nullable Reference reference;

  /** The layers of which every node was written as an operator for blocks. */
  private final Set<String> asBlocks = new LinkedHashSet<>();

  QdqExport(OnnxFile file, Quantized<?> quantized, OnnxMapping mapping, OnnxOptions options) {
    this.file = file;
    Frozen frozen = Backed.contentsOf(quantized);
    this.stored = frozen.file();
    this.floatHashes = frozen.floatHashes();
    this.mapping = mapping;
    this.options = options;
  }

  /** Returns what the file must compute, after checking that the float file is the float model. */
  Reference expected() {
    requireCovered();
    OpsetRaise.of(file.name(), file.model());
    ExpectedModel expected = new ExpectedModel(file, options);
    Graph graph = expected.reference().graph();
    List<MappedLayer> layers = layers(graph);
    for (MappedLayer layer : layers) {
      for (List<MappedNode> call : layer.calls()) {
        requireAlpha(layer, new FloatLayer(graph, layer.state(), call));
      }
    }
    embeddings(graph).forEach(expected::embedding);
    expected.tensors(stored, floatHashes, mapping.tensors());
    layers.forEach(expected::layer);
    mapping
        .points()
        .forEach((path, point) -> expected.point(pointState(path), path, point.value()));
    this.reference = expected.reference();
    return reference;
  }

  private void requireAlpha(MappedLayer layer, FloatLayer floats) {
    if (floats.isAlphaApart() && options.proof().model().isEmpty()) {
      throw layer
          .parts()
          .get(0)
          .bad(
              "multiplies by alpha, and the weight of layer "
                  + layer.path()
                  + " is the file's without it. Whether its forward multiplies as well, only the"
                  + " model can tell: give the proof its outputs, with"
                  + " options.withProof(OnnxProof.on(feeds).against(outputs)), or the layer a"
                  + " weight that alpha is in");
    }
  }

  /** Returns the paths of inputs whose scale each run computes. */
  List<String> dynamic() {
    List<String> dynamic = new ArrayList<>();
    for (String layer : mapping.layers().keySet()) {
      LayerState state = new LayerState(layer, stored, floatHashes);
      state.input().filter(state::isDynamic).ifPresent(dynamic::add);
    }
    return dynamic;
  }

  /**
   * Returns the session settings without which ONNX Runtime would compute something else in the
   * file that was written last.
   */
  SessionSettings sessionSettings() {
    return SessionSettings.of(stored, floatHashes, asBlocks);
  }

  /** Returns the file to write. */
  ModelProto written() {
    long from = OpsetRaise.of(file.name(), file.model());
    // The opset is first raised to what per-channel scales need. Int4, FP8 and blocks need more.
    long to = Math.max(from, opset());
    boolean raised = to > Math.max(from, PER_CHANNEL);
    if (raised && (options.blockOperators().isPresent() || hasQuantizedInputs())) {
      // The operators of ONNX Runtime need no newer opset, nor do weights of few bits that are
      // written in bytes; what is left may.
      Written low = write(from, Math.max(from, PER_CHANNEL));
      if (!BlockOperators.isOpsetRaised(low.graph()) && !hasFloats()) {
        return low.model();
      }
    }
    return write(from, to).model();
  }

  /** Holds a file that was written. */
  private record Written(Graph graph, ModelProto model) {}

  private Written write(long from, long to) {
    ModelProto raised = new OpsetRaise(file.name(), from, to).apply(file.model());
    Graph graph = new Graph(new OnnxFile(file.name(), raised));
    if (options.cleanShapes()) {
      new CleanShapes(graph).clean();
    }
    write(graph);
    ModelProto.Builder model = raised.toBuilder();
    if (options.contribOperators()) {
      new ContribOperators(graph).write();
    }
    boolean imported =
        raised.getOpsetImportList().stream()
            .anyMatch(opset -> opset.getDomain().equals(ContribOperators.DOMAIN));
    if (!imported && (options.contribOperators() || !asBlocks.isEmpty())) {
      model.addOpsetImport(
          OperatorSetIdProto.newBuilder().setDomain(ContribOperators.DOMAIN).setVersion(1));
    }
    graph.removeUnread();
    Metadata.put(model, options.metadata());
    return new Written(
        graph,
        model
            .setGraph(graph.toProto())
            .setIrVersion(Math.max(raised.getIrVersion(), irVersion(to)))
            .build());
  }

  /** Returns the version of the file format that belongs to a version of the operators. */
  private static long irVersion(long opset) {
    return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7;
  }

  private boolean hasQuantizedInputs() {
    return stored.state().descriptors().keySet().stream()
        .anyMatch(path -> stored.schema().entry(path).role() == TensorRole.INPUT);
  }

  private boolean hasFloats() {
    return stored.state().descriptors().values().stream()
        .anyMatch(descriptor -> descriptor.format().integers().isEmpty());
  }

  private long opset() {
    long opset = PER_CHANNEL;
    for (QuantDescriptor descriptor : stored.state().descriptors().values()) {
      long type = FormatTypes.of(descriptor.format()).map(ElementType::opset).orElse(0);
      opset = Math.max(opset, descriptor.blockSizes().isEmpty() ? type : Math.max(type, BLOCKS));
    }
    return opset;
  }

  private void write(Graph graph) {
    Optional<BlockOperators> blocks =
        options.blockOperators().isPresent()
            ? Optional.of(new BlockOperators(graph, options.blockOperators().getAsInt()))
            : Optional.empty();
    QdqNodes qdq = new QdqNodes(graph, blocks);
    DynamicNodes dynamic = new DynamicNodes(graph);
    List<MappedLayer> layers = layers(graph);
    Foldings foldings = new Foldings(graph);
    Map<String, float[]> factors = foldings(foldings, layers);
    Set<String> mapped = new LinkedHashSet<>();
    layers.forEach(layer -> layer.nodes().forEach(node -> mapped.add(node.name())));
    List<MappedNode> embeddings = embeddings(graph);
    factors.forEach(
        (producer, own) -> {
          if (!mapped.contains(producer)) {
            foldings.into(producer, own);
          }
        });
    writePoints(new PointWriter(graph, qdq));
    layers.forEach(layer -> new LayerWriter(graph, options, qdq, dynamic, layer, factors).write());
    new ChangedTensors(graph, stored, floatHashes)
        .each(
            mapping.tensors(),
            (node, input, values, shape) -> {
              String name =
                  graph.add(Tensors.of(node.getName() + "/changed_" + input, values, shape));
              graph.replace(node, node.toBuilder().setInput(input, name).build());
            });
    for (MappedNode node : embeddings) {
      TensorProto table = node.weight();
      long[] shape = Tensors.shape(graph.file(), table);
      float[] floats = Tensors.floats(graph.file(), table);
      Tensors.requireFinite(graph.file(), table, floats);
      INDArray values = DenseFloats.array(floats, shape);
      PackedTensor packed = options.packed(values);
      qdq.gather(node, WeightCodes.of(node.name(), packed, new int[] {0, 1}));
    }
    asBlocks.clear();
    blocks.ifPresent(
        operators -> {
          operators.products(qdq.weights());
          for (MappedLayer layer : layers) {
            if (layer.nodes().stream()
                .allMatch(node -> operators.written().contains(node.name()))) {
              asBlocks.add(layer.path());
            }
          }
        });
    new BlockGemms(graph, qdq).write();
  }

  private void writePoints(PointWriter points) {
    if (mapping.points().isEmpty()) {
      return;
    }
    boolean signed = options.signedActivations();
    mapping
        .points()
        .forEach(
            (path, point) -> {
              ActivationScale scale = pointState(path).activation(path);
              points.write(point, signed ? scale : scale.unsigned());
            });
    points.constants(signed ? ElementType.INT8 : ElementType.UINT8);
  }

  private LayerState pointState(String path) {
    return new LayerState(LayerState.layerOf(path), stored, floatHashes);
  }

  /** Returns the mapped layers with the nodes of all their calls. */
  private List<MappedLayer> layers(Graph graph) {
    Set<String> taken = new LinkedHashSet<>();
    for (String gather : options.embeddings()) {
      take(graph, taken, gather);
    }
    mapping.layers().values().forEach(nodes -> nodes.forEach(node -> take(graph, taken, node)));
    List<MappedLayer> layers = new ArrayList<>();
    mapping
        .layers()
        .forEach(
            (path, nodes) -> {
              LayerState state = new LayerState(path, stored, floatHashes);
              MappedLayer layer = MappedLayer.of(graph, state, nodes, taken, twins(state));
              layer.nodes().forEach(node -> taken.add(node.name()));
              layers.add(layer);
            });
    return layers;
  }

  private static void take(Graph graph, Set<String> taken, String node) {
    if (!taken.add(node)) {
      throw graph.bad("node " + node + " is mapped twice");
    }
  }

  /** Returns the layers that are not quantized and whose weight has the same values. */
  private List<String> twins(LayerState state) {
    String hash = state.original(state.weight()).orElse("");
    List<String> twins = new ArrayList<>();
    for (String tensor : stored.schema().tensors().keySet()) {
      String layer = LayerState.layerOf(tensor);
      if (!layer.equals(state.path())
          && !mapping.layers().containsKey(layer)
          && stored.schema().entry(tensor).role() == TensorRole.WEIGHT
          && hash.equals(floatHashes.getOrDefault(tensor, stored.weights().get(tensor)))) {
        twins.add(layer);
      }
    }
    return twins;
  }

  private List<MappedNode> embeddings(Graph graph) {
    List<MappedNode> gathers = new ArrayList<>();
    for (String name : options.embeddings()) {
      MappedNode node = new MappedNode(graph, name);
      if (!node.isGather()) {
        throw node.bad("is not a Gather");
      }
      gathers.add(node);
    }
    return gathers;
  }

  /** Returns the factors that each producer takes over, after checking them. */
  private Map<String, float[]> foldings(Foldings foldings, List<MappedLayer> layers) {
    Map<String, float[]> factors = new LinkedHashMap<>();
    options
        .folded()
        .forEach(
            (path, producer) -> {
              MappedLayer layer =
                  layers.stream()
                      .filter(mapped -> mapped.path().equals(path))
                      .findFirst()
                      .orElseThrow(
                          () ->
                              new OnnxException(
                                  file.name(), "has no mapped layer " + path + " to fold"));
              if (layer.state().input().map(layer.state()::preQuantScale).isEmpty()) {
                return; // alpha search has left it as it is
              }
              float[] own = Foldings.factors(layer.state());
              Set<String> scaled = foldings.check(producer, layer.nodes(), own.length);
              Objects.requireNonNull(reference, "expected() comes first").scaled(scaled);
              Foldings.put(factors, producer, own);
            });
    return factors;
  }

  /** Checks that everything that distinguishes the quantized model has its place in the file. */
  private void requireCovered() {
    Set<String> covered = new LinkedHashSet<>(mapping.tensors().keySet());
    covered.addAll(mapping.points().keySet());
    List<String> known = new ArrayList<>();
    stored.schema().tensors().keySet().forEach(path -> known.add(LayerState.layerOf(path)));
    for (String path : mapping.layers().keySet()) {
      if (!known.contains(path)) {
        throw new OnnxException(
            file.name(), "is mapped to layer " + path + ", which the quantized model has not");
      }
      covered.addAll(LayerWriter.covered(new LayerState(path, stored, floatHashes)));
    }
    State state = stored.state();
    Set<String> missing = new LinkedHashSet<>(state.descriptors().keySet());
    missing.addAll(state.preQuantScales().keySet());
    missing.addAll(state.tensors().keySet());
    missing.removeAll(covered);
    if (!missing.isEmpty()) {
      String first = LayerState.layerOf(missing.iterator().next());
      List<String> nodes =
          new Graph(file)
              .sorted().stream()
                  .filter(MappedNode::isKnown)
                  .map(node -> node.getName())
                  .filter(
                      name -> mapping.layers().values().stream().noneMatch(n -> n.contains(name)))
                  .toList();
      throw new OnnxException(
          file.name(),
          "has no mapped node for these tensors of the quantized model: "
              + String.join(", ", missing)
              + "; say which node computes them, as in mapping.layer(\""
              + first
              + "\", \"…\")"
              + (nodes.isEmpty()
                  ? "; no MatMul, Gemm, Conv or Gather node is left"
                  : ". Not mapped are the nodes "
                      + String.join(", ", nodes.subList(0, Math.min(8, nodes.size())))
                      + (nodes.size() > 8 ? " and " + (nodes.size() - 8) + " more" : "")));
    }
  }
}
