package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.Settings;
import dev.bitfold.tensor.DenseFloats;
import java.util.Map;
import java.util.function.BiConsumer;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.TypeProto;
import onnx.Onnx.ValueInfoProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * One of ONNX Runtime's operators for weights in blocks, which can run alone to show what numbers
 * its codes, scales and zero points are.
 *
 * @param file the exported file
 * @param graph its graph
 * @param node the operator
 */
record BlockNode(OnnxFile file, Graph graph, NodeProto node) {
  private static final String DOMAIN = "com.microsoft";
  private static final String LEVEL = "accuracy_level";
  private static final String GIVEN = "bitfold_given";
  private static final String FOUND = "bitfold_found";

  /** The number of rows of a weight that are shown at once. */
  private static final int ROWS = 512;

  /** Returns whether a node multiplies by a weight in blocks. */
  static boolean isProduct(NodeProto node) {
    return node.getDomain().equals(DOMAIN) && node.getOpType().equals("MatMulNBits");
  }

  /** Returns whether a node looks rows of a table in blocks up. */
  static boolean isLookUp(NodeProto node) {
    return node.getDomain().equals(DOMAIN) && node.getOpType().equals("GatherBlockQuantized");
  }

  static long attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(AttributeProto::getI)
        .findFirst()
        .orElse(0);
  }

  /** Returns what a product may do to its input; 0 if nothing. */
  static long level(NodeProto node) {
    return isProduct(node) ? attribute(node, LEVEL) : 0;
  }

  /** Returns a node that leaves its input as it is. */
  static NodeProto exact(NodeProto node) {
    NodeProto.Builder exact = node.toBuilder().clearAttribute();
    node.getAttributeList().stream()
        .filter(attribute -> !attribute.getName().equals(LEVEL))
        .forEach(exact::addAttribute);
    return exact.build();
  }

  /** Returns the number of adjacent input channels that share a scale. */
  int block() {
    return Math.toIntExact(attribute(node, "block_size"));
  }

  /**
   * Shows the weight [rows, columns] in parts: the input channels of a product in order, or the
   * rows of a table.
   *
   * @param rows the number of rows
   * @param part is given the index of the first row, and the rows
   */
  void show(int rows, Settings settings, BiConsumer<Integer, INDArray> part) {
    boolean lookUp = isLookUp(node);
    try (Session session = Session.open(alone(lookUp), settings)) {
      for (int from = 0; from < rows; from += ROWS) {
        int count = Math.min(ROWS, rows - from);
        INDArray given = lookUp ? Nd4j.arange(from, from + count) : unit(from, count, rows);
        HostValue found = HostValue.run(session, Map.of(GIVEN, given)).get(FOUND);
        if (!(found instanceof HostValue.Floats floats)) {
          throw new IllegalArgumentException("node " + node.getName() + " gives no floats");
        }
        part.accept(from, floats.array());
      }
    }
  }

  /** Returns rows of the unit matrix. */
  private static INDArray unit(int from, int count, int size) {
    float[] values = new float[count * size];
    for (int row = 0; row < count; row++) {
      values[row * size + from + row] = 1;
    }
    return DenseFloats.array(values, count, size);
  }

  /** Returns a model of the node alone, without a bias. */
  private ModelProto alone(boolean lookUp) {
    GraphProto.Builder only = GraphProto.newBuilder().setName("alone");
    NodeProto.Builder operator = exact(node).toBuilder().clearInput().clearOutput();
    int data = lookUp ? 1 : 0;
    for (int i = 0; i < Math.min(4, node.getInputCount()); i++) {
      String input = node.getInput(i);
      if (i != data && !input.isEmpty()) {
        constant(only, input);
      }
      operator.addInput(i == data ? GIVEN : input);
    }
    int type = (lookUp ? ElementType.INT64 : ElementType.FLOAT).number();
    return file.model().toBuilder()
        .setGraph(
            only.addNode(operator.addOutput(FOUND))
                .addInput(
                    ValueInfoProto.newBuilder()
                        .setName(GIVEN)
                        .setType(
                            TypeProto.newBuilder()
                                .setTensorType(TypeProto.Tensor.newBuilder().setElemType(type))))
                .addOutput(ValueInfoProto.newBuilder().setName(FOUND)))
        .build();
  }

  private void constant(GraphProto.Builder only, String value) {
    TensorProto tensor = graph.initializer(value);
    if (tensor != null) {
      only.addInitializer(tensor);
      return;
    }
    NodeProto source = graph.producer(value);
    if (source == null || !Graph.is(source, "Cast")) {
      throw new IllegalArgumentException(
          "node " + node.getName() + " reads " + value + ", which is not a constant");
    }
    constant(only, source.getInput(0));
    only.addNode(source);
  }

  /** Returns the largest magnitudes of the values in each run of a number of adjacent ones. */
  static float[] largest(float[] values, int from, int length, int run) {
    float[] largest = new float[(length + run - 1) / run];
    for (int i = 0; i < length; i++) {
      largest[i / run] = Math.max(largest[i / run], Math.abs(values[from + i]));
    }
    return largest;
  }
}
