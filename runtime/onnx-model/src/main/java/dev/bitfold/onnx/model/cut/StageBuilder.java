package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;

/** Opens a session for each step of a schedule. Types follow from the steps before. */
final class StageBuilder {
  private final Sessions sessions;
  private final ModelProto model;
  private final Graph graph;
  private final List<Schedule.Step> steps;
  private final Map<String, TensorProto> added = new HashMap<>();
  private final Map<String, ValueInfoProto> types = new HashMap<>();
  private final Map<String, Integer> lastRead = new LinkedHashMap<>();

  StageBuilder(Sessions sessions, ModelProto model, Graph graph, Schedule schedule) {
    this.sessions = sessions;
    this.model = model;
    this.graph = graph;
    this.steps = schedule.steps();
    schedule.constants().forEach(constant -> added.put(constant.getName(), constant));
    graph.fedInputs().forEach(input -> types.put(input.getName(), input));
    for (int i = 0; i < steps.size(); i++) {
      for (NodeProto node : steps.get(i).nodes()) {
        for (String read : Graph.reads(node)) {
          lastRead.put(read, i);
        }
      }
      for (Schedule.LayerCall call : steps.get(i).calls()) {
        lastRead.put(call.call().input(), i);
      }
    }
    graph.graphOutputs().forEach(output -> lastRead.put(output, steps.size()));
  }

  /** The element type of a value that was computed. */
  int elementType(String value) {
    return Values.elementType(Objects.requireNonNull(types.get(value), value));
  }

  /**
   * Opens all sessions.
   *
   * @param met is told each step's calls, once the types of their inputs are known
   */
  List<Stage> build(Consumer<Schedule.LayerCall> met) {
    List<Stage> stages = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      stages.add(stage(i));
      for (Schedule.LayerCall call : steps.get(i).calls()) {
        met.accept(call);
        types.put(
            call.call().joined(),
            Values.typed(call.call().joined(), TensorProto.DataType.FLOAT_VALUE));
      }
    }
    return stages;
  }

  private Stage stage(int at) {
    Schedule.Step step = steps.get(at);
    Set<String> made = new LinkedHashSet<>();
    step.nodes().forEach(node -> made.addAll(node.getOutputList()));
    made.remove("");
    Set<String> reads = new LinkedHashSet<>();
    Map<String, TensorProto> constants = new LinkedHashMap<>();
    Map<String, NodeProto> constantNodes = new LinkedHashMap<>();
    for (NodeProto node : step.nodes()) {
      for (String read : Graph.reads(node)) {
        if (!made.contains(read)) {
          source(read, reads, constants, constantNodes);
        }
      }
    }
    Set<String> yields = new LinkedHashSet<>();
    Set<String> inputs = new HashSet<>();
    step.calls().forEach(call -> inputs.add(call.call().input()));
    for (String value : made) {
      if (lastRead.getOrDefault(value, -1) > at || inputs.contains(value)) {
        yields.add(value);
      }
    }
    Set<String> dead = new LinkedHashSet<>();
    lastRead.forEach(
        (value, last) -> {
          if (last == at) {
            dead.add(value);
          }
        });
    if (yields.isEmpty()) {
      return new Stage(null, List.copyOf(step.calls()), List.copyOf(step.points()), dead);
    }
    GraphProto.Builder stage =
        GraphProto.newBuilder()
            .setName("stage" + at)
            .addAllNode(constantNodes.values())
            .addAllNode(step.nodes())
            .addAllInitializer(constants.values());
    reads.forEach(read -> stage.addInput(Objects.requireNonNull(types.get(read), read)));
    yields.forEach(value -> stage.addOutput(Values.untyped(value)));
    Session session =
        sessions.open(model.toBuilder().setGraph(stage).build(), "the nodes before " + what(step));
    learnTypes(session);
    return new Stage(session, List.copyOf(step.calls()), List.copyOf(step.points()), dead);
  }

  private static String what(Schedule.Step step) {
    return step.calls().isEmpty() ? "the outputs" : step.calls().get(0).layer().path();
  }

  private void source(
      String value,
      Set<String> reads,
      Map<String, TensorProto> constants,
      Map<String, NodeProto> constantNodes) {
    TensorProto constant = added.getOrDefault(value, graph.initializer(value));
    NodeProto producer = graph.producer(value);
    if (constant != null) {
      constants.put(value, constant);
    } else if (producer != null && Graph.is(producer, "Constant")) {
      constantNodes.put(value, producer);
    } else if (types.containsKey(value)) {
      reads.add(value);
    }
    // Else it is a value inside of a subgraph.
  }

  private void learnTypes(Session session) {
    for (ValueType output : session.outputs()) {
      if (output.elementType() == 0) {
        throw new OnnxException(
            sessions.file(),
            "value "
                + output.name()
                + " is a sequence or a map that crosses a layer, which cannot be cut");
      }
      types.put(output.name(), Values.typed(output.name(), output.elementType()));
    }
  }
}
