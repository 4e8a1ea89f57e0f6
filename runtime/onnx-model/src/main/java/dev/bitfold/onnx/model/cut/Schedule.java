package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.onnx.model.cut.FoundLayer.Call;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * The order in which a cut graph is computed: stages, each of the nodes between two cuts and the
 * layers that read what they yield. A node or layer runs as soon as its inputs are there.
 */
final class Schedule {
  /** The opset in which the sizes of a Split are an input. */
  private static final long SIZES_ARE_INPUTS = 13;

  /**
   * What is computed together.
   *
   * @param nodes that run in one session, in topological order
   * @param calls of layers that run behind it
   * @param points that are quantized at its end
   */
  record Step(List<NodeProto> nodes, List<LayerCall> calls, List<FoundPoint> points) {}

  /** A call of a layer. */
  record LayerCall(FoundLayer layer, Call call) {}

  private final Graph graph;
  private final long opset;
  private final List<Step> steps = new ArrayList<>();
  private final List<TensorProto> constants = new ArrayList<>();
  private final Map<String, FoundPoint> points = new HashMap<>();

  /** For each value the step in which it can be read first. */
  private final Map<String, Integer> depths = new HashMap<>();

  private Schedule(Graph graph, long opset) {
    this.graph = graph;
    this.opset = opset;
  }

  static Schedule of(Graph graph, long opset, List<FoundLayer> layers, List<FoundPoint> points) {
    Schedule schedule = new Schedule(graph, opset);
    points.forEach(point -> schedule.points.put(point.value(), point));
    schedule.order(layers);
    return schedule;
  }

  List<Step> steps() {
    return steps;
  }

  /** The constants that nodes of the schedule read and the graph does not hold. */
  List<TensorProto> constants() {
    return constants;
  }

  private void order(List<FoundLayer> layers) {
    Map<String, LayerCall> covered = new HashMap<>();
    for (FoundLayer layer : layers) {
      for (Call call : layer.calls()) {
        layer.covered(call).forEach(node -> covered.put(node, new LayerCall(layer, call)));
      }
    }
    Map<Call, Integer> done = new HashMap<>();
    for (NodeProto node : graph.sorted()) {
      LayerCall call = covered.get(node.getName());
      if (call == null) {
        int depth = 0;
        for (String read : Graph.reads(node)) {
          depth = Math.max(depth, depths.getOrDefault(read, 0));
        }
        if (!Graph.is(node, "Constant")) {
          at(depth).nodes().add(node);
        }
        for (String output : node.getOutputList()) {
          made(output, depth, depth);
        }
        continue;
      }
      Integer known = done.get(call.call());
      int depth = known != null ? known : depths.getOrDefault(call.call().input(), 0);
      if (known == null) {
        done.put(call.call(), depth);
        at(depth).calls().add(call);
        if (call.call().outputs().size() > 1) {
          at(depth + 1).nodes().add(split(call));
        }
      }
      // Taken apart by a node of the next step, where a call has several outputs.
      int from = call.call().outputs().size() > 1 ? depth + 1 : depth;
      for (String output : node.getOutputList()) {
        made(output, from, depth + 1);
      }
    }
  }

  /** A point is read in a step after the one that yields it. */
  private void made(String value, int step, int readable) {
    FoundPoint point = points.get(value);
    if (point != null) {
      at(step).points().add(point);
    }
    depths.put(value, point == null ? readable : step + 1);
  }

  private Step at(int depth) {
    while (steps.size() <= depth) {
      steps.add(new Step(new ArrayList<>(), new ArrayList<>(), new ArrayList<>()));
    }
    return steps.get(depth);
  }

  /** The node that takes the channels of joined layers apart. */
  private NodeProto split(LayerCall call) {
    long[] sizes = call.layer().channels();
    NodeProto.Builder split =
        NodeProto.newBuilder()
            .setOpType("Split")
            .setName(call.call().joined())
            .addInput(call.call().joined())
            .addAllOutput(call.call().outputs())
            .addAttribute(
                AttributeProto.newBuilder()
                    .setName("axis")
                    .setType(AttributeProto.AttributeType.INT)
                    .setI(-1));
    if (opset >= SIZES_ARE_INPUTS) {
      String name = call.call().joined() + "/sizes";
      constants.add(Tensors.of(name, sizes));
      return split.addInput(name).build();
    }
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName("split").setType(AttributeProto.AttributeType.INTS);
    for (long size : sizes) {
      attribute.addInts(size);
    }
    return split.addAttribute(attribute).build();
  }
}
