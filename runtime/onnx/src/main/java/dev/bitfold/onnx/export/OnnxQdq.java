package dev.bitfold.onnx.export;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.State;
import dev.bitfold.onnx.file.CleanShapes;
import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.file.OpsetRaise;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.storage.AtomicFile;
import dev.bitfold.storage.StateFile;
import dev.bitfold.tensor.DenseFloats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.ModelProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Writes a quantized model as an ONNX model in QDQ form: the float model's file with QuantizeLinear
 * and DequantizeLinear around the nodes that compute its layers.
 */
public final class OnnxQdq {
  private static final long PER_CHANNEL = 13;
  private static final QuantDescriptor TABLE =
      QuantDescriptor.builder().bits(8).unsigned(true).affine(true).axis(1).build();

  private OnnxQdq() {}

  /**
   * What was written.
   *
   * @param opset the version of ONNX's operators that the file needs
   * @param bytes of the file
   */
  public record Exported(long opset, long bytes) {}

  /** As the longer method, with {@link OnnxOptions#DEFAULT}, from a file. */
  public static Exported export(
      Path original, Quantized<?> quantized, OnnxMapping mapping, Path out) throws IOException {
    return export(OnnxWeights.open(original), quantized, mapping, out, OnnxOptions.DEFAULT);
  }

  /**
   * Exports a quantized model.
   *
   * @param original the float model that the quantized one was made from, of opset 11 or later
   * @param quantized the model: static inputs and outputs of int8, uint8 or FP8 with one scale;
   *     weights of integers of up to 8 bits or FP8, with one scale, one per channel or in blocks
   * @param mapping the nodes of every quantized layer
   * @param out written whole or not at all
   * @throws OnnxException if the file is another model, has not the mapped nodes, or a layer is
   *     quantized in a way that ONNX has no operators for; the message names layer and node
   * @throws IOException if it cannot be written; a file that was there is then unchanged
   */
  public static Exported export(
      OnnxWeights original,
      Quantized<?> quantized,
      OnnxMapping mapping,
      Path out,
      OnnxOptions options)
      throws IOException {
    ModelProto model;
    try {
      model = quantized(original.file(), Backed.contentsOf(quantized), mapping, options);
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new OnnxException(original.name(), String.valueOf(e.getMessage()), e);
    }
    byte[] bytes = model.toByteArray();
    AtomicFile.write(
        out,
        channel -> {
          ByteBuffer buffer = ByteBuffer.wrap(bytes);
          while (buffer.hasRemaining()) {
            channel.write(buffer);
          }
        });
    return new Exported(OpsetRaise.of(original.name(), model), bytes.length);
  }

  private static ModelProto quantized(
      OnnxFile file, StateFile stored, OnnxMapping mapping, OnnxOptions options) {
    requireCovered(file, stored, mapping);
    long from = OpsetRaise.of(file.name(), file.model());
    // Raised to what per-channel scales need first; int4, FP8 and blocks need more.
    long to = Math.max(from, Math.max(PER_CHANNEL, opset(stored)));
    ModelProto raised = new OpsetRaise(file.name(), from, to).apply(file.model());
    Graph graph = new Graph(new OnnxFile(file.name(), raised));
    if (options.cleanShapes()) {
      new CleanShapes(graph).clean();
    }
    write(graph, stored, mapping, options);
    ModelProto.Builder model = raised.toBuilder();
    if (options.contribOperators()) {
      new ContribOperators(graph).write();
      model.addOpsetImport(
          OperatorSetIdProto.newBuilder().setDomain(ContribOperators.DOMAIN).setVersion(1));
    }
    graph.removeUnread();
    return model
        .setGraph(graph.toProto())
        .setIrVersion(Math.max(raised.getIrVersion(), irVersion(to)))
        .build();
  }

  /** The file format that the versions of the operators came with. */
  private static long irVersion(long opset) {
    return opset >= 21 ? 10 : opset >= 19 ? 9 : opset >= 15 ? 8 : 7;
  }

  private static long opset(StateFile stored) {
    long opset = PER_CHANNEL;
    for (QuantDescriptor descriptor : stored.state().descriptors().values()) {
      long type = FormatTypes.of(descriptor.format()).map(ElementType::opset).orElse(0);
      opset = Math.max(opset, descriptor.blockSizes().isEmpty() ? type : Math.max(type, 21));
    }
    return opset;
  }

  private static void write(
      Graph graph, StateFile stored, OnnxMapping mapping, OnnxOptions options) {
    QdqNodes qdq = new QdqNodes(graph);
    Map<String, List<MappedNode>> layers = new LinkedHashMap<>();
    Set<String> used = new LinkedHashSet<>();
    mapping
        .layers()
        .forEach(
            (path, names) -> {
              List<MappedNode> nodes =
                  names.stream().map(name -> new MappedNode(graph, name)).toList();
              nodes.forEach(MappedNode::node);
              names.forEach(name -> requireOnce(graph, used, name));
              layers.put(path, nodes);
            });
    Map<String, float[]> folded = foldings(graph, stored, layers, options);
    layers.forEach(
        (path, nodes) ->
            new LayerWriter(graph, options, qdq, new LayerState(path, stored), nodes, folded)
                .write());
    mapping.tensors().forEach((path, initializer) -> writeTensor(graph, stored, path, initializer));
    for (String gather : options.embeddings()) {
      requireOnce(graph, used, gather);
      MappedNode node = new MappedNode(graph, gather);
      if (!node.isGather()) {
        throw node.bad("is no Gather");
      }
      TensorProto table = node.weight();
      long[] shape = Tensors.shape(graph.file(), table);
      float[] floats = Tensors.floats(graph.file(), table);
      Tensors.requireFinite(graph.file(), table, floats);
      INDArray values = DenseFloats.array(floats, shape);
      PackedTensor packed = embeddingQuantizer(values).pack(values);
      qdq.gather(node, WeightCodes.of(gather, packed, new int[] {0, 1}));
    }
  }

  private static void requireOnce(Graph graph, Set<String> used, String node) {
    if (!used.add(node)) {
      throw graph.bad("node " + node + " is mapped twice");
    }
  }

  private static Map<String, float[]> foldings(
      Graph graph, StateFile stored, Map<String, List<MappedNode>> layers, OnnxOptions options) {
    Foldings foldings = new Foldings(graph);
    Map<String, float[]> factors = new LinkedHashMap<>();
    Set<String> mapped = new LinkedHashSet<>();
    layers.values().forEach(nodes -> nodes.forEach(node -> mapped.add(node.name())));
    options
        .folded()
        .forEach(
            (path, producer) -> {
              List<MappedNode> consumers = layers.get(path);
              if (consumers == null) {
                throw graph.bad("has no mapped layer " + path + " to fold");
              }
              foldings.check(producer, consumers);
              LayerState layer = new LayerState(path, stored);
              if (layer.input().map(layer::preScale).isEmpty()) {
                return; // alpha search has left it as it is
              }
              Foldings.put(factors, producer, Foldings.factors(layer));
              if (!mapped.contains(producer)) {
                foldings.into(producer, Foldings.factors(layer));
              }
            });
    return factors;
  }

  private static void writeTensor(Graph graph, StateFile stored, String path, String initializer) {
    TensorProto old = graph.initializer(initializer);
    INDArray changed = stored.state().tensors().get(path);
    if (old == null) {
      throw graph.bad("has no initializer " + initializer + " for " + path);
    }
    if (changed != null) {
      long[] shape = Tensors.shape(graph.file(), old);
      if (!java.util.Arrays.equals(shape, changed.shape())) {
        throw graph.bad(
            "initializer "
                + initializer
                + " is "
                + old.getDimsList()
                + ", and "
                + path
                + " is "
                + java.util.Arrays.toString(changed.shape()));
      }
      float[] values = DenseFloats.of(changed, path).copy();
      graph.replace(initializer, Tensors.of(initializer, values, shape));
    }
  }

  /** Everything that distinguishes the quantized model must have its place in the file. */
  private static void requireCovered(OnnxFile file, StateFile stored, OnnxMapping mapping) {
    Set<String> covered = new LinkedHashSet<>(mapping.tensors().keySet());
    List<String> known = new ArrayList<>();
    stored.schema().tensors().keySet().forEach(path -> known.add(LayerState.layerOf(path)));
    for (String path : mapping.layers().keySet()) {
      if (!known.contains(path)) {
        throw new OnnxException(
            file.name(), "is mapped to layer " + path + ", which the quantized model has not");
      }
      covered.addAll(LayerWriter.covered(new LayerState(path, stored)));
    }
    State state = stored.state();
    Set<String> missing = new LinkedHashSet<>(state.descriptors().keySet());
    missing.addAll(state.preScales().keySet());
    missing.addAll(state.tensors().keySet());
    missing.removeAll(covered);
    if (!missing.isEmpty()) {
      throw new OnnxException(
          file.name(),
          "has no mapped node for these tensors of the quantized model: "
              + String.join(", ", missing));
    }
  }

  /**
   * The quantizer of a table of embeddings that {@link OnnxOptions#withEmbeddings} names: uint8, a
   * scale and a zero point per column, from a range that holds 0.
   *
   * @param table [rows, columns]
   */
  public static Quantizer embeddingQuantizer(INDArray table) {
    INDArray low = table.min(0);
    INDArray high = table.max(0);
    long columns = table.size(1);
    float[] min = DenseFloats.of(low, "minima").copy();
    float[] max = DenseFloats.of(high, "maxima").copy();
    for (int c = 0; c < columns; c++) {
      min[c] = Math.min(0, min[c]);
      max[c] = Math.max(min[c] == 0 && max[c] <= 0 ? 1 : 0, max[c]);
    }
    return Quantizer.of(TABLE, Layout.UNKNOWN)
        .withRange(DenseFloats.array(min, columns), DenseFloats.array(max, columns));
  }

  /**
   * An amax for each output channel of a weight with which products of uint8 and int8 do not
   * saturate on x86 CPUs without VNNI: these add the products of two neighbouring input channels
   * (VPMADDUBSW) in 16 bits, so that the codes of two neighbours may be 128 together. Costs a
   * fraction of the one bit that {@link OnnxOptions#withReducedRange} takes, as the largest weights
   * are seldom neighbours.
   *
   * @param weight [in, out], smoothed as it will be quantized
   * @return as many as output channels, for a descriptor of int8 that keeps {@code O}
   */
  public static float[] nonSaturatingAmax(INDArray weight) {
    int in = Math.toIntExact(weight.size(0));
    int out = Math.toIntExact(weight.size(1));
    float[] values = DenseFloats.of(weight, "a weight").copy();
    float[] amax = new float[out];
    for (int i = 0; i < in; i += 2) {
      for (int o = 0; o < out; o++) {
        float pair = Math.abs(values[i * out + o]);
        pair += i + 1 < in ? Math.abs(values[(i + 1) * out + o]) : 0;
        amax[o] = Math.max(amax[o], pair);
      }
    }
    return amax;
  }
}
