package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.SparseTensorProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.Test;

/** Changes small graphs, and reads what is left of them. */
class GraphTest {
  private static NodeProto node(String operation, String name, String output, String... inputs) {
    return NodeProto.newBuilder()
        .setOpType(operation)
        .setName(name)
        .addOutput(output)
        .addAllInput(List.of(inputs))
        .build();
  }

  private static ValueInfoProto value(String name) {
    return ValueInfoProto.newBuilder().setName(name).build();
  }

  private static GraphProto.Builder small() {
    return GraphProto.newBuilder()
        .addInput(value("x"))
        .addInput(value("w"))
        .addOutput(value("z"))
        .addInitializer(Tensors.of("w", 1))
        .addInitializer(Tensors.of("v", 2))
        .addNode(node("Add", "add", "y", "x", "w"))
        .addNode(node("Mul", "mul", "z", "y", "v"))
        .addNode(node("Identity", "same", "unused", "y"));
  }

  private static Graph of(GraphProto.Builder graph, long version) {
    ModelProto model = ModelProto.newBuilder().setIrVersion(version).setGraph(graph).build();
    return new Graph(new OnnxFile("m.onnx", model));
  }

  private static Graph of(GraphProto.Builder graph) {
    return of(graph, 8);
  }

  private static List<String> names(List<NodeProto> nodes) {
    return nodes.stream().map(NodeProto::getName).toList();
  }

  @Test
  void valuesAreFollowedFromNodeToNode() {
    Graph graph = of(small());
    assertEquals("m.onnx", graph.file());
    assertEquals(List.of("add", "mul", "same"), names(graph.nodes()));
    assertEquals("add", graph.producer("y").getName());
    assertNull(graph.producer("x"));
    assertEquals(List.of("mul", "same"), names(graph.readers("y")));
    assertEquals(List.of(), graph.readers("z"));
    assertEquals("Mul", graph.node("mul").orElseThrow().getOpType());
    assertTrue(graph.node("none").isEmpty());
    assertEquals(List.of("x"), graph.fedInputs().stream().map(ValueInfoProto::getName).toList());
    assertTrue(graph.isFed("x"));
    assertFalse(graph.isFed("w"), "it has a default");
    assertFalse(graph.isFed("v"));
    assertEquals(List.of("z"), graph.graphOutputs());
    assertTrue(graph.isGraphOutput("z"));
    assertFalse(graph.isGraphOutput("y"));
    assertEquals("w", graph.initializer("w").getName());
    assertTrue(graph.graphInput("x").isPresent());
    assertTrue(graph.graphInput("y").isEmpty());
    assertEquals("m.onnx: is bad", graph.bad("is bad").getMessage());
  }

  @Test
  void aDefaultThatCallersMayOverrideIsNoConstant() {
    Graph graph = of(small());
    assertTrue(graph.constant("w").isEmpty());
    assertTrue(graph.held("w").isPresent());
    assertTrue(graph.constant("v").isPresent());
    assertTrue(of(small(), 3).constant("w").isPresent(), "before version 4, all were inputs");
    assertTrue(of(small(), 4).constant("w").isEmpty());
  }

  @Test
  void constantsAreFoundBehindIdentities() {
    TensorProto tensor = Tensors.of("t", 5);
    NodeProto constant =
        node("Constant", "c", "c").toBuilder()
            .addAttribute(AttributeProto.newBuilder().setName("other").setT(Tensors.of("o", 9)))
            .addAttribute(AttributeProto.newBuilder().setName("value").setT(tensor))
            .build();
    Graph graph =
        of(
            small()
                .addNode(constant)
                .addNode(node("Identity", "i1", "a", "c"))
                .addNode(node("Identity", "i2", "b", "a"))
                .addNode(node("Identity", "circle1", "p", "q"))
                .addNode(node("Identity", "circle2", "q", "p"))
                .addNode(node("Identity", "of none", "r"))
                .addNode(node("Constant", "empty", "e")));
    for (String value : List.of("a", "b", "c")) {
      assertEquals(Optional.of(tensor), graph.constant(value));
    }
    for (String value : List.of("x", "y", "p", "r", "e", "nowhere")) {
      assertTrue(graph.constant(value).isEmpty(), value);
    }
  }

  @Test
  void replacedAndRemovedNodesReadAndYieldOtherValues() {
    Graph graph = of(small());
    NodeProto mul = graph.node("mul").orElseThrow();
    graph.replace(mul, mul.toBuilder().setInput(0, "x").setOutput(0, "other").build());
    assertEquals(List.of("same"), names(graph.readers("y")));
    assertEquals(List.of("add", "mul"), names(graph.readers("x")));
    assertNull(graph.producer("z"));
    assertEquals("mul", graph.producer("other").getName());
    assertEquals(
        "no node mul for add",
        assertThrows(
                IllegalStateException.class,
                () -> graph.replace(mul, graph.node("add").orElseThrow()))
            .getMessage());
    graph.remove(graph.node("add").orElseThrow());
    assertNull(graph.producer("y"));
    assertEquals(List.of("mul"), names(graph.readers("x")));
    graph.remove(mul);
    graph.remove(mul);
    assertEquals(List.of("same"), names(graph.nodes()));
    assertThrows(IllegalStateException.class, () -> graph.replace(mul, mul));
  }

  @Test
  void newNamesAreTakenByNothing() {
    GraphProto inner =
        GraphProto.newBuilder()
            .addInput(value("inner in"))
            .addInitializer(Tensors.of("inner w", 1))
            .addNode(node("Add", "inner add", "inner y", "x", "inner w"))
            .addOutput(value("inner y"))
            .build();
    NodeProto loop =
        node("Loop", "loop", "looped").toBuilder()
            .addAttribute(AttributeProto.newBuilder().setName("body").setG(inner))
            .build();
    Graph graph = of(small().addNode(loop));
    for (String taken :
        List.of("x", "w", "y", "add", "inner in", "inner w", "inner y", "inner add")) {
      assertEquals(taken + "_1", graph.fresh(taken));
      assertEquals(taken + "_2", graph.fresh(taken));
    }
    assertEquals("new", graph.fresh("new"));
    assertEquals("new_1", graph.fresh("new"));
    assertEquals("w_3", graph.add(Tensors.of("w", 7)));
    assertEquals("w_3", graph.initializer("w_3").getName());
    assertEquals("sum", graph.add("sum", "Add", n -> n.addInput("x").addInput("w_3")));
    assertEquals("sum", graph.producer("sum").getName());
    graph.addInto("made", "add", "Relu", n -> n.addInput("sum"));
    assertEquals("add_3", graph.producer("made").getName());
    assertEquals(List.of("add_3"), names(graph.readers("sum")));
    graph.replace("v", Tensors.of("any", 8));
    assertEquals(8, Tensors.integers("", graph.initializer("v"))[0]);
    assertEquals("v", graph.initializer("v").getName());
    assertEquals("loop", graph.holder("inner add").orElseThrow().getName());
    assertTrue(graph.holder("add").isEmpty());
    // A subgraph reads values of the graph around it.
    assertTrue(names(graph.readers("x")).contains("loop"));
    assertEquals(Set.of("x", "inner w", "inner y"), Graph.reads(loop));
    assertEquals("y~_1", of(small().addInitializer(Tensors.of("y~", 1))).divert("y", "~"));
  }

  @Test
  void whatNothingReadsIsRemoved() {
    Graph graph = of(small().addNode(node("Relu", "relu", "more", "unused")));
    graph.removeUnread();
    assertEquals(List.of("add", "mul"), names(graph.nodes()));
    assertEquals("v", graph.initializer("v").getName());
    graph.removeOutput("z");
    graph.addOutput("y");
    graph.removeUnread();
    assertEquals(List.of("add"), names(graph.nodes()));
    assertNull(graph.initializer("v"));
    assertEquals("w", graph.initializer("w").getName());
    assertEquals(List.of("y"), graph.graphOutputs());
  }

  @Test
  void theWrittenGraphIsInOrder() {
    Graph graph =
        of(
            GraphProto.newBuilder()
                .addInput(value("x"))
                .addInput(value("w"))
                .addOutput(value("d"))
                .addValueInfo(value("old"))
                .addInitializer(Tensors.of("w", 1))
                .addNode(node("Relu", "d", "d", "c"))
                .addNode(node("Relu", "a", "a", "x"))
                .addNode(node("Add", "c", "c", "b", "a"))
                .addNode(node("Add", "b", "b", "a", "w")));
    graph.addInput(value("fed"));
    assertEquals(List.of("a", "b", "c", "d"), names(graph.sorted()));
    GraphProto written = graph.toProto();
    assertEquals(List.of("a", "b", "c", "d"), names(written.getNodeList()));
    assertEquals(
        List.of("x", "w", "fed"),
        written.getInputList().stream().map(ValueInfoProto::getName).toList());
    assertEquals(0, written.getValueInfoCount());
    assertEquals("d", written.getOutput(0).getName());
    // Where only computed values count, the order of the file stays.
    assertEquals(List.of("add", "mul", "same"), names(of(small()).sorted()));
    graph.removeUnread();
    NodeProto b = graph.node("b").orElseThrow();
    graph.replace(b, b.toBuilder().setInput(1, "a").build());
    graph.removeUnread();
    assertEquals(
        List.of("x", "fed"),
        graph.toProto().getInputList().stream().map(ValueInfoProto::getName).toList());
    NodeProto a = graph.node("a").orElseThrow();
    graph.replace(a, a.toBuilder().setInput(0, "d").build());
    assertEquals(
        "m.onnx: has a cycle", assertThrows(OnnxException.class, graph::sorted).getMessage());
  }

  @Test
  void operatorsOfOtherDomainsAreOthers() {
    assertTrue(Graph.is(node("Add", "a", "y"), "Add"));
    assertFalse(Graph.is(node("Add", "a", "y"), "Sub"));
    NodeProto.Builder own = node("Add", "a", "y").toBuilder();
    assertTrue(Graph.is(own.setDomain("ai.onnx").build(), "Add"));
    assertFalse(Graph.is(own.setDomain("com.microsoft").build(), "Add"));
    Graph sparse =
        of(
            small()
                .addSparseInitializer(
                    SparseTensorProto.newBuilder().setValues(Tensors.of("s", 1))));
    assertTrue(sparse.isSparse("s"));
    assertFalse(sparse.isSparse("w"));
  }

  @Test
  void nodesGetNamesOfTheirOwn() {
    GraphProto graph =
        GraphProto.newBuilder()
            .addNode(node("Relu", "", "a", "x"))
            .addNode(node("Relu", "twice", "b", "x"))
            .addNode(node("Relu", "twice", "c", "x"))
            .addNode(node("Relu", "once", "d", "x"))
            .addNode(node("Relu", "b", "e", "x"))
            .addNode(NodeProto.newBuilder().setOpType("Sink"))
            .build();
    assertEquals(
        List.of("a", "b_1", "c", "once", "b", "Sink"),
        names(NodeNames.unique(graph).getNodeList()));
    GraphProto unique = small().build();
    assertTrue(NodeNames.unique(unique) == unique);
  }
}
