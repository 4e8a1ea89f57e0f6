package dev.bitfold.onnx.model.budget;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.RuntimeValue;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A quantized file in which each quantizer can be switched on and off for a run, so that one
 * session measures what each of them does to the output. What is off costs no time. To be closed.
 */
final class SwitchedFile implements AutoCloseable {
  private static final String QUANTIZE = "QuantizeLinear";
  private static final String DEQUANTIZE = "DequantizeLinear";
  private static final int BOOL = ElementType.BOOL.number();

  private final Session session;
  private final String output;
  private final Set<String> switches;

  private SwitchedFile(Session session, String output, Set<String> switches) {
    this.session = session;
    this.output = output;
    this.switches = switches;
  }

  /**
   * Makes the file.
   *
   * @param quantized the file in which everything is quantized
   * @param floats the file that it was made of, with the same names
   * @param output that is measured
   */
  static SwitchedFile of(
      OnnxFile quantized, OnnxFile floats, List<Unit> units, String output, int threads) {
    Graph graph = new Graph(quantized);
    Builder builder = new Builder(graph, new Graph(floats));
    units.forEach(unit -> builder.points.addAll(unit.values()));
    units.stream().filter(Unit::isLayer).forEach(builder::layer);
    units.stream().filter(unit -> !unit.isLayer()).forEach(builder::point);
    builder.switches.forEach(name -> graph.addInput(declared(name)));
    for (String other : graph.graphOutputs()) {
      if (!other.equals(output)) {
        graph.removeOutput(other);
      }
    }
    graph.removeUnread();
    ModelProto model =
        quantized.model().toBuilder()
            .setGraph(graph.toProto())
            .setIrVersion(Math.max(quantized.model().getIrVersion(), 4))
            .build();
    Session session = Session.open(model, Settings.DEFAULT.withThreads(threads));
    return new SwitchedFile(session, output, builder.switches);
  }

  private static ValueInfoProto declared(String name) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(BOOL)
                        .setShape(onnx.Onnx.TensorShapeProto.getDefaultInstance())))
        .build();
  }

  /** Returns the names of all switches. */
  Set<String> switches() {
    return switches;
  }

  /** Returns the output with some quantizers on. */
  INDArray run(Map<String, INDArray> feed, Set<String> on) {
    Map<String, RuntimeValue> values = new HashMap<>(session.values(feed));
    try {
      for (String name : switches) {
        INDArray flag = Nd4j.scalar(DataType.BOOL, on.contains(name) ? 1 : 0);
        values.put(name, RuntimeValue.of(flag, BOOL, name));
      }
      Map<String, RuntimeValue> outputs = session.run(values);
      try {
        return Objects.requireNonNull(outputs.get(output)).array();
      } finally {
        outputs.values().forEach(RuntimeValue::close);
      }
    } finally {
      values.values().forEach(RuntimeValue::close);
    }
  }

  @Override
  public void close() {
    session.close();
  }

  /** Puts the switches in. For one thread. */
  private static final class Builder {
    private final Graph graph;
    private final Graph floats;
    private final Set<String> points = new HashSet<>();
    private final Set<String> switches = new LinkedHashSet<>();

    Builder(Graph graph, Graph floats) {
      this.graph = graph;
      this.floats = floats;
    }

    void layer(Unit unit) {
      for (String name : unit.nodes()) {
        NodeProto node = graph.node(name).orElse(null);
        if (node != null) {
          for (int input = 0; input < Math.min(2, node.getInputCount()); input++) {
            input(unit, name, input);
          }
        }
      }
    }

    private void input(Unit unit, String name, int input) {
      NodeProto node = graph.node(name).orElseThrow();
      String value = node.getInput(input);
      NodeProto dequantize = graph.producer(value);
      if (dequantize == null || !Graph.is(dequantize, DEQUANTIZE)) {
        return;
      }
      NodeProto quantize = graph.producer(dequantize.getInput(0));
      String switched = graph.fresh(name + "/switched_" + input);
      if (quantize == null) {
        add(switched, unit.main(), List.of(dequantize), weight(name, input));
      } else {
        // What a point yields is quantized again, for where the point is off.
        String before = points.contains(value) ? value : quantize.getInput(0);
        add(switched, unit.input(), List.of(quantize, dequantize), before);
      }
      graph.replace(node, node.toBuilder().setInput(input, switched).build());
    }

    private String weight(String node, int input) {
      String held = floats.node(node).orElseThrow().getInput(input);
      return graph.add(
          floats.held(held).orElseThrow().toBuilder().setName(held + "/float").build());
    }

    void point(Unit unit) {
      for (String value : unit.values()) {
        NodeProto dequantize = graph.producer(value);
        NodeProto quantize = dequantize == null ? null : graph.producer(dequantize.getInput(0));
        if (dequantize != null && quantize != null && Graph.is(quantize, QUANTIZE)) {
          graph.remove(dequantize);
          add(value, unit.main(), List.of(quantize, dequantize), quantize.getInput(0));
        }
      }
    }

    /**
     * Adds a value that is what a pair of nodes makes of another, or that itself.
     *
     * @param pair DequantizeLinear, and before it QuantizeLinear unless it reads a constant
     */
    private void add(String value, String label, List<NodeProto> pair, String off) {
      switches.add(label);
      String name = graph.fresh(value + "/if");
      List<NodeProto> on = new ArrayList<>();
      for (NodeProto node : pair) {
        NodeProto.Builder copy = node.toBuilder().setName(name + on.size());
        copy.setOutput(0, name + "/on" + on.size());
        if (pair.size() > 1) {
          copy.setInput(0, on.isEmpty() ? off : name + "/on0");
        }
        on.add(copy.build());
      }
      NodeProto identity =
          NodeProto.newBuilder()
              .setName(name + "/off")
              .setOpType("Identity")
              .addInput(off)
              .addOutput(name + "/float")
              .build();
      AttributeProto then = branch("then_branch", on, name + "/on" + (on.size() - 1));
      AttributeProto otherwise = branch("else_branch", List.of(identity), name + "/float");
      graph.addInto(
          value,
          name,
          "If",
          node -> node.addInput(label).addAttribute(then).addAttribute(otherwise));
    }

    private static AttributeProto branch(String name, List<NodeProto> nodes, String yields) {
      GraphProto.Builder graph = GraphProto.newBuilder().setName(name).addAllNode(nodes);
      graph.addOutput(
          ValueInfoProto.newBuilder()
              .setName(yields)
              .setType(
                  TypeProto.newBuilder()
                      .setTensorType(
                          TypeProto.Tensor.newBuilder().setElemType(ElementType.FLOAT.number()))));
      return AttributeProto.newBuilder()
          .setName(name)
          .setType(AttributeProto.AttributeType.GRAPH)
          .setG(graph)
          .build();
    }
  }
}
