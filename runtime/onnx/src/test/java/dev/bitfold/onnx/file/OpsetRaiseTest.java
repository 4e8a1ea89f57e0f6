package dev.bitfold.onnx.file;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.OperatorSetIdProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TensorShapeProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.shade.protobuf.ByteString;

/**
 * Nodes of opsets 7 to 10 compute the same bits at opset 13, in ONNX Runtime with its optimizer
 * off; what cannot be said there is refused by name.
 */
@Tag("any-jdk")
class OpsetRaiseTest {
  /** A node with an input x of a shape, and what else it reads. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Case(long opset, long[] shape, NodeProto node, List<TensorProto> constants) {
    @Override
    public String toString() {
      return node.getOpType()
          + "-"
          + opset
          + " "
          + Arrays.toString(shape)
          + " "
          + node.getAttributeList().stream()
              .map(a -> a.toString().replaceAll("\\s+", " "))
              .toList();
    }
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    long[][] shapes = {{2, 3, 4, 5}, {1, 1, 7, 2}, {3, 2, 1, 6}};
    for (long opset = 7; opset <= 10; opset++) {
      for (long[] shape : shapes) {
        add(cases, opset, shape, "Clip");
        add(cases, opset, shape, "Clip", real("min", -0.5f));
        add(cases, opset, shape, "Clip", real("max", 0.25f));
        add(cases, opset, shape, "Clip", real("min", -1), real("max", 1));
        for (String mode : List.of("constant", "reflect", "edge")) {
          boolean narrow = mode.equals("reflect");
          add(cases, opset, shape, "Pad", text("mode", mode), ints("pads", 0, 0, 0, 1, 0, 0, 0, 1));
          if (!narrow) {
            add(
                cases,
                opset,
                shape,
                "Pad",
                text("mode", mode),
                ints("pads", 1, 0, 2, 1, 0, 3, 0, 2),
                real("value", 1.5f));
          }
        }
        add(cases, opset, shape, "Pad", ints("pads", 0, 0, -1, 0, 0, 0, 1, -1), real("value", -2));
        add(cases, opset, shape, "Dropout", real("ratio", 0.3f));
        for (long axis = 0; axis < 4; axis++) {
          for (String softmax : List.of("Softmax", "LogSoftmax", "Hardmax")) {
            add(cases, opset, shape, softmax, integer("axis", axis));
          }
          add(cases, opset, shape, "ReduceMean", ints("axes", axis), integer("keepdims", axis % 2));
          add(cases, opset, shape, "ReduceSum", ints("axes", axis));
          add(cases, opset, shape, "Unsqueeze", ints("axes", axis));
          add(cases, opset, shape, "Flatten", integer("axis", axis));
          add(cases, opset, shape, "ArgMax", integer("axis", axis));
          add(
              cases,
              opset,
              shape,
              "Split",
              integer("axis", axis),
              ints("split", shape[(int) axis]));
        }
        add(cases, opset, shape, "ReduceSum");
        add(cases, opset, shape, "MaxPool", ints("kernel_shape", 1, 2), ints("strides", 1, 2));
        add(
            cases,
            opset,
            shape,
            "AveragePool",
            ints("kernel_shape", 1, 2),
            ints("pads", 0, 1, 0, 1));
        add(
            cases,
            opset,
            shape,
            "AveragePool",
            ints("kernel_shape", 1, 2),
            text("auto_pad", "SAME_UPPER"));
        add(cases, opset, shape, "DepthToSpace", shape[1] % 4 == 0 ? 2 : 1);
        add(cases, opset, shape, "Elu");
        if (opset < 10) {
          add(
              cases,
              opset,
              shape,
              "Slice",
              ints("starts", 0, -2),
              ints("ends", 1, 1000),
              ints("axes", 2, 3));
          add(cases, opset, shape, "Slice", ints("starts", 0, 0), ints("ends", 1, -1));
          for (long axis = 0; axis < 4; axis++) {
            add(cases, opset, shape, "TopK", integer("k", 1), integer("axis", axis));
          }
          add(cases, opset, shape, "TopK", integer("k", 2));
        }
        for (String mode : List.of("nearest", "linear")) {
          for (float[] scales : new float[][] {{1, 1, 2, 2}, {1, 1, 1.5f, 2.7f}, {1, 1, 1, 3}}) {
            if (opset < 9) {
              add(cases, opset, shape, "Upsample", text("mode", mode), reals("scales", scales));
            } else {
              scaled(cases, opset, shape, opset < 10 ? "Upsample" : "Resize", mode, scales);
            }
          }
          if (opset == 10) {
            scaled(cases, opset, shape, "Resize", mode, new float[] {1, 1, 0.6f, 0.5f});
            scaled(cases, opset, shape, "Resize", mode, new float[] {1, 1, 1, 0.7f});
          }
        }
        norm(cases, opset, shape);
      }
    }
    return cases.stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void computesTheSameBits(Case one) throws Exception {
    ModelProto old = model(one);
    ModelProto raised = new OpsetRaise("old.onnx", one.opset(), 13).apply(old);
    assertEquals(13, OpsetRaise.of("old.onnx", raised));
    for (int seed = 1; seed <= 2; seed++) {
      float[] x = values(one.shape(), seed);
      List<Object> expected = run(old, one.shape(), x);
      List<Object> actual = run(raised, one.shape(), x);
      assertEquals(expected.size(), actual.size());
      for (int i = 0; i < expected.size(); i++) {
        assertArrayEquals((Object[]) expected.get(i), (Object[]) actual.get(i), "seed " + seed);
      }
    }
  }

  @Test
  void broadcastsAlongTheAxisThatOpset6Names() throws Exception {
    long[] shape = {2, 3, 4, 5};
    for (int axis = -1; axis < 4; axis++) {
      for (int rank = 1; rank <= (axis < 0 ? 2 : Math.min(2, 4 - axis)); rank++) {
        int first = axis < 0 ? 4 - rank : axis;
        long[] part = Arrays.copyOfRange(shape, first, first + rank);
        float[] k = values(part, 4);
        NodeProto.Builder node =
            node("Sub", "x", integer("broadcast", 1)).toBuilder().addInput("k");
        if (axis >= 0) {
          node.addAttribute(integer("axis", axis));
        }
        Case old = new Case(6, shape, node.build(), List.of(Tensors.of("k", k, part)));
        float[] x = values(shape, 3);
        float[] expected = new float[x.length];
        int inner = 1;
        for (int i = first + rank; i < 4; i++) {
          inner *= (int) shape[i];
        }
        for (int i = 0; i < x.length; i++) {
          expected[i] = x[i] - k[i / inner % k.length];
        }
        assertArrayEquals(
            expected, flat(new OpsetRaise("old.onnx", 6, 13).apply(model(old)), shape, x));
      }
    }
  }

  @Test
  void hasASlopeForEachChannelAsOpset6() throws Exception {
    long[] shape = {2, 3, 4, 5};
    float[] slopes = {0.5f, -2, 3};
    Case old =
        new Case(
            6,
            shape,
            node("PRelu", "x").toBuilder().addInput("k").build(),
            List.of(Tensors.of("k", slopes, 3)));
    float[] x = values(shape, 3);
    float[] expected = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      expected[i] = x[i] < 0 ? x[i] * slopes[i / 20 % 3] : x[i];
    }
    assertArrayEquals(
        expected, flat(new OpsetRaise("old.onnx", 6, 13).apply(model(old)), shape, x));
    assertEquals(
        "is in training mode: it has no is_test = 1",
        refusal(6, shape, node("BatchNormalization", "x")));
    assertEquals(
        "is in training mode: it has no is_test = 1", refusal(6, shape, node("Dropout", "x")));
    assertEquals("has a form that opset 7 replaced", refusal(6, shape, node("Upsample", "x")));
  }

  private static float[] flat(ModelProto model, long[] shape, float[] x) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(model.toByteArray());
        OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), shape);
        OrtSession.Result result = session.run(Map.of("x", input))) {
      FloatBuffer floats = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[] values = new float[floats.remaining()];
      floats.get(values);
      return values;
    }
  }

  @Test
  void refusesWhatHasNoLaterForm() {
    long[] shape = {2, 3, 4, 5};
    assertEquals(
        "has spatial = 0, which opset 9 dropped",
        refusal(7, shape, node("BatchNormalization", "x", integer("spatial", 0))));
    assertEquals(
        "yields a mask, which opset 10 has changed",
        refusal(7, shape, node("Dropout", "x").toBuilder().addOutput("mask").build()));
    assertEquals(
        "has computed scales, and rounds by whether they are above 1",
        refusal(10, shape, node("Resize", "x").toBuilder().addInput("s").build()));
    assertEquals(
        "is an experimental operator, which opset 10 dropped",
        refusal(7, shape, node("ScaledTanh", "x")));
    assertEquals("has a form that opset 9 replaced", refusal(8, shape, node("Scan", "x")));
    assertEquals("has no attribute k", refusal(9, shape, node("TopK", "x")));
    assertEquals("has no attribute scales", refusal(8, shape, node("Upsample", "x")));
    Case mixed = scaled(10, shape, "Resize", "nearest", new float[] {1, 1, 2, 0.5f});
    OnnxException e =
        assertThrows(
            OnnxException.class, () -> new OpsetRaise("old.onnx", 10, 13).apply(model(mixed)));
    assertEquals(
        "node n (Resize) grows along one axis and shrinks along another; convert the file to opset"
            + " 13 with onnx.version_converter first",
        e.problem());
  }

  private static String refusal(long opset, long[] shape, NodeProto node) {
    ModelProto model = model(new Case(opset, shape, node, List.of()));
    String problem =
        assertThrows(OnnxException.class, () -> new OpsetRaise("old.onnx", opset, 13).apply(model))
            .problem();
    return problem
        .replace("node n (" + node.getOpType() + ") ", "")
        .replace("; convert the file to opset 13 with onnx.version_converter first", "");
  }

  private static void norm(List<Case> cases, long opset, long[] shape) {
    int channels = (int) shape[1];
    NodeProto node =
        node("BatchNormalization", "x").toBuilder()
            .addAllInput(List.of("g", "b", "m", "v"))
            .addAttribute(real("epsilon", 1e-3f))
            .build();
    if (opset < 9) {
      node = node.toBuilder().addAttribute(integer("spatial", 1)).build();
    }
    float[] positive = values(new long[] {channels}, 9);
    for (int i = 0; i < channels; i++) {
      positive[i] = Math.abs(positive[i]) + 0.1f;
    }
    cases.add(
        new Case(
            opset,
            shape,
            node,
            List.of(
                Tensors.of("g", values(new long[] {channels}, 5), channels),
                Tensors.of("b", values(new long[] {channels}, 6), channels),
                Tensors.of("m", values(new long[] {channels}, 7), channels),
                Tensors.of("v", positive, channels))));
  }

  private static void scaled(
      List<Case> cases, long opset, long[] shape, String operation, String mode, float[] scales) {
    cases.add(scaled(opset, shape, operation, mode, scales));
  }

  private static Case scaled(
      long opset, long[] shape, String operation, String mode, float[] scales) {
    return new Case(
        opset,
        shape,
        node(operation, "x", text("mode", mode)).toBuilder().addInput("s").build(),
        List.of(Tensors.of("s", scales, scales.length)));
  }

  private static void add(
      List<Case> cases, long opset, long[] shape, String operation, AttributeProto... attributes) {
    NodeProto.Builder node = node(operation, "x", attributes).toBuilder();
    if (operation.equals("TopK")) {
      node.addOutput("indices");
    }
    cases.add(new Case(opset, shape, node.build(), List.of()));
  }

  private static void add(
      List<Case> cases, long opset, long[] shape, String operation, long block) {
    add(cases, opset, shape, operation, integer("blocksize", block));
  }

  private static ModelProto model(Case one) {
    GraphProto.Builder graph =
        GraphProto.newBuilder().setName("g").addNode(one.node()).addInput(value("x", one.shape()));
    graph.addAllInitializer(one.constants());
    for (String output : one.node().getOutputList()) {
      graph.addOutput(ValueInfoProto.newBuilder().setName(output));
    }
    return ModelProto.newBuilder()
        .setIrVersion(7)
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(one.opset()))
        .setGraph(graph)
        .build();
  }

  private static List<Object> run(ModelProto model, long[] shape, float[] x) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.NO_OPT);
      options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
      options.setIntraOpNumThreads(1);
      try (OrtSession session = environment.createSession(model.toByteArray(), options);
          OnnxTensor input = OnnxTensor.createTensor(environment, FloatBuffer.wrap(x), shape);
          OrtSession.Result result = session.run(Map.of("x", input))) {
        List<Object> outputs = new ArrayList<>();
        for (Map.Entry<String, OnnxValue> output : result) {
          outputs.add(new Object[] {output.getValue().getValue()});
        }
        return outputs;
      }
    }
  }

  private static float[] values(long[] shape, long seed) {
    Random random = new Random(seed);
    int length = 1;
    for (long size : shape) {
      length *= (int) size;
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    if (length > 8) {
      values[3] = Float.POSITIVE_INFINITY;
      values[5] = 0;
    }
    return values;
  }

  private static NodeProto node(String operation, String input, AttributeProto... attributes) {
    return NodeProto.newBuilder()
        .setName("n")
        .setOpType(operation)
        .addInput(input)
        .addOutput("y")
        .addAllAttribute(List.of(attributes))
        .build();
  }

  private static ValueInfoProto value(String name, long[] shape) {
    TensorShapeProto.Builder sizes = TensorShapeProto.newBuilder();
    for (long size : shape) {
      sizes.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(size));
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(1).setShape(sizes)))
        .build();
  }

  private static AttributeProto integer(String name, long value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.INT)
        .setI(value)
        .build();
  }

  private static AttributeProto ints(String name, long... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
    Arrays.stream(values).forEach(attribute::addInts);
    return attribute.build();
  }

  private static AttributeProto real(String name, float value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.FLOAT)
        .setF(value)
        .build();
  }

  private static AttributeProto reals(String name, float... values) {
    AttributeProto.Builder attribute =
        AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.FLOATS);
    for (float value : values) {
      attribute.addFloats(value);
    }
    return attribute.build();
  }

  private static AttributeProto text(String name, String value) {
    return AttributeProto.newBuilder()
        .setName(name)
        .setType(AttributeProto.AttributeType.STRING)
        .setS(ByteString.copyFromUtf8(value))
        .build();
  }
}
