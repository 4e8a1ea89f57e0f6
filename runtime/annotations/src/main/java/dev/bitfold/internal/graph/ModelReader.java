package dev.bitfold.internal.graph;

import static dev.bitfold.internal.graph.Messages.BYTES;
import static dev.bitfold.internal.graph.Messages.VARINT;

import dev.bitfold.internal.graph.Messages.Field;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a model with its graphs and nodes. The numbers of fields are those of onnx.proto. */
final class ModelReader {
  private static final int MODEL_GRAPH = 7 << 3 | BYTES;
  private static final int MODEL_FUNCTIONS = 25 << 3 | BYTES;

  private static final int GRAPH_NODE = 1 << 3 | BYTES;
  private static final int GRAPH_CONSTANT = 5 << 3 | BYTES;
  private static final int GRAPH_INPUT = 11 << 3 | BYTES;
  private static final int GRAPH_SPARSE = 15 << 3 | BYTES;

  private static final int NODE_INPUT = 1 << 3 | BYTES;
  private static final int NODE_OUTPUT = 2 << 3 | BYTES;
  private static final int NODE_NAME = 3 << 3 | BYTES;
  private static final int NODE_OPERATOR = 4 << 3 | BYTES;
  private static final int NODE_ATTRIBUTE = 5 << 3 | BYTES;
  private static final int NODE_DOMAIN = 7 << 3 | BYTES;

  private static final int ATTRIBUTE_NAME = 1 << 3 | BYTES;
  private static final int ATTRIBUTE_INTEGER = 3 << 3 | VARINT;
  private static final int ATTRIBUTE_TENSOR = 5 << 3 | BYTES;
  private static final int ATTRIBUTE_GRAPH = 6 << 3 | BYTES;
  private static final int ATTRIBUTE_ONE_INTEGER = 8 << 3 | VARINT;
  private static final int ATTRIBUTE_INTEGERS = 8 << 3 | BYTES;
  private static final int ATTRIBUTE_TENSORS = 10 << 3 | BYTES;
  private static final int ATTRIBUTE_GRAPHS = 11 << 3 | BYTES;
  private static final int ATTRIBUTE_SPARSE = 22 << 3 | BYTES;
  private static final int ATTRIBUTE_SPARSES = 23 << 3 | BYTES;

  private final WireInput in;
  private final Messages messages;
  private final TensorReader tensors;

  ModelReader(WireInput in) {
    this.in = in;
    this.messages = new Messages(in);
    this.tensors = new TensorReader(messages);
  }

  OnnxStructure read() throws IOException {
    @Nullable OnnxGraph graph = null;
    boolean functions = false;
    messages.enter();
    long end = Long.MAX_VALUE;
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      if (field.key() == MODEL_GRAPH) {
        graph = graph(field.end());
      } else {
        functions |= field.key() == MODEL_FUNCTIONS;
        messages.pass(field);
      }
    }
    if (graph == null || graph.nodes().isEmpty()) {
      throw new OnnxFormatException("is no ONNX file: it holds no graph with nodes");
    }
    return new OnnxStructure(graph.named(), functions, in.hash());
  }

  private OnnxGraph graph(long end) throws IOException {
    List<OnnxNode> nodes = new ArrayList<>();
    Map<String, OnnxTensor> constants = new LinkedHashMap<>();
    Map<String, OnnxInput> inputs = new LinkedHashMap<>();
    List<String> sparse = new ArrayList<>();
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case GRAPH_NODE -> nodes.add(node(field.end()));
        case GRAPH_CONSTANT -> {
          OnnxTensor tensor = tensors.read(field.end());
          constants.put(tensor.name(), tensor);
        }
        case GRAPH_INPUT -> {
          OnnxInput input = InputReader.read(messages, field.end());
          inputs.put(input.name(), input);
        }
        case GRAPH_SPARSE -> sparse.add(tensors.sparse(field.end()));
        default -> messages.pass(field);
      }
    }
    inputs.keySet().removeAll(constants.keySet());
    sparse.forEach(inputs::remove);
    return new OnnxGraph(nodes, constants, List.copyOf(inputs.values()));
  }

  private OnnxNode node(long end) throws IOException {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    List<OnnxAttribute> attributes = new ArrayList<>();
    String name = "";
    String operator = "";
    String domain = "";
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case NODE_INPUT -> inputs.add(messages.text(field));
        case NODE_OUTPUT -> outputs.add(messages.text(field));
        case NODE_NAME -> name = messages.text(field);
        case NODE_OPERATOR -> operator = messages.text(field);
        case NODE_ATTRIBUTE -> attributes.add(attribute(field.end()));
        case NODE_DOMAIN -> domain = messages.text(field);
        default -> messages.pass(field);
      }
    }
    return new OnnxNode(name, operator, domain, inputs, outputs, attributes);
  }

  private OnnxAttribute attribute(long end) throws IOException {
    String name = "";
    long integer = 0;
    List<Long> integers = new ArrayList<>();
    Optional<OnnxTensor> tensor = Optional.empty();
    List<OnnxGraph> graphs = new ArrayList<>();
    messages.enter();
    for (Field field = messages.next(end); field != null; field = messages.next(end)) {
      switch (field.key()) {
        case ATTRIBUTE_NAME -> name = messages.text(field);
        case ATTRIBUTE_INTEGER -> integer = messages.integer();
        case ATTRIBUTE_ONE_INTEGER -> integers.add(messages.integer());
        case ATTRIBUTE_INTEGERS -> messages.packed(field, integers);
        case ATTRIBUTE_TENSOR -> tensor = Optional.of(tensors.read(field.end()));
        case ATTRIBUTE_TENSORS -> tensors.read(field.end());
        case ATTRIBUTE_GRAPH, ATTRIBUTE_GRAPHS -> graphs.add(graph(field.end()));
        case ATTRIBUTE_SPARSE, ATTRIBUTE_SPARSES -> tensors.sparse(field.end());
        default -> messages.pass(field);
      }
    }
    return new OnnxAttribute(name, integer, integers, tensor, graphs);
  }
}
