package dev.bitfold.processor.onnx;

import dev.bitfold.internal.graph.OnnxGraph;
import dev.bitfold.internal.graph.OnnxNode;
import dev.bitfold.internal.graph.OnnxStructure;
import dev.bitfold.internal.graph.OnnxTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says of each node of a file whether it is a layer. What only preparing the file can tell is left
 * open: a weight that other nodes compute may be folded into a constant, a branch into its nodes,
 * and a layer may be named after what is folded into it.
 */
public final class FileLayers {
  private static final Set<String> LAYERS =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "Gather");

  /** The operators that are folded into layers, which may then have their names. */
  private static final Set<String> FOLDED =
      Set.of("BatchNormalization", "Add", "Sub", "Mul", "Div", "Sum");

  /** The most axes of a kernel, and of its weight. */
  private static final int MAX_RANK = 5;

  private static final int BIAS = 2;

  private final OnnxStructure file;
  private final FileConstants constants;

  private FileLayers(OnnxStructure file) {
    this.file = file;
    this.constants = new FileConstants(file.graph());
  }

  /** Returns all nodes, those inside of others behind them, each under its name. */
  public static List<FileNode> of(OnnxStructure file) {
    FileLayers layers = new FileLayers(file);
    List<FileNode> nodes = new ArrayList<>();
    for (OnnxNode node : file.graph().nodes()) {
      nodes.add(layers.state(node));
      node.graphs().forEach(graph -> inside(graph, nodes));
    }
    return nodes;
  }

  /** A branch may be folded into the graph; then its nodes may be layers. */
  private static void inside(OnnxGraph graph, List<FileNode> nodes) {
    for (OnnxNode node : graph.nodes()) {
      boolean named = !node.name().isEmpty() || node.outputs().isEmpty();
      OnnxNode own =
          named
              ? node
              : new OnnxNode(
                  node.outputs().get(0),
                  node.operator(),
                  node.domain(),
                  node.inputs(),
                  node.outputs(),
                  node.attributes());
      nodes.add(FileNode.possible(own));
      node.graphs().forEach(inner -> inside(inner, nodes));
    }
  }

  private FileNode state(OnnxNode node) {
    if (!node.isStandard()) {
      return file.functions()
          ? FileNode.possible(node)
          : FileNode.never(node, "it is an operator of " + node.domain());
    }
    if (!LAYERS.contains(node.operator())) {
      return !node.graphs().isEmpty() || FOLDED.contains(node.operator())
          ? FileNode.possible(node)
          : FileNode.never(node, "there is no layer of operator " + node.operator());
    }
    if (node.inputs().size() < 2) {
      return FileNode.never(node, "it reads no weight");
    }
    return node.operator().equals("Gather") ? gather(node) : product(node);
  }

  private FileNode gather(OnnxNode node) {
    String value = node.inputs().get(0);
    Optional<OnnxTensor> table = constants.of(value);
    if (table.isEmpty()) {
      return constants.producer(value).filter(from -> from.is("Shape")).isPresent()
          ? FileNode.never(node, "it picks sizes, and not rows of a table")
          : FileNode.possible(node);
    }
    long axis = node.integer("axis", 0);
    if (table.get().type() != OnnxTensor.FLOAT) {
      return FileNode.never(node, "its table is of type " + ElementTypes.name(table.get().type()));
    } else if (table.get().shape().size() != 2) {
      return FileNode.never(
          node, "its table has the shape " + table.get().shape() + ", not [rows, columns]");
    }
    return axis == 0 || axis == -2
        ? FileNode.layer(node, "IO", "")
        : FileNode.never(node, "it picks columns of its table");
  }

  private FileNode product(OnnxNode node) {
    if (node.is("Gemm") && node.integer("transA", 0) != 0) {
      return FileNode.never(node, "it transposes its input");
    } else if (node.is("ConvTranspose") && node.integer("group", 1) > 1) {
      return FileNode.never(node, "it has groups, which share the axis of output channels");
    }
    Optional<OnnxTensor> weight = constants.of(node.inputs().get(1));
    if (weight.isEmpty()) {
      return FileNode.possible(node);
    }
    int rank = weight.get().shape().size();
    boolean convolution = node.operator().startsWith("Conv");
    if (weight.get().type() != OnnxTensor.FLOAT) {
      return FileNode.never(
          node, "its weight is of type " + ElementTypes.name(weight.get().type()));
    } else if (convolution ? rank < 3 || rank > MAX_RANK : rank != 2) {
      return FileNode.never(node, "its weight has the shape " + weight.get().shape());
    }
    return biased(node) ? FileNode.possible(node) : letters(node, rank);
  }

  /** Whether it has a bias that is computed, or not one value per channel: preparing decides. */
  private boolean biased(OnnxNode node) {
    boolean has =
        !node.is("MatMul") && node.inputs().size() > BIAS && !node.inputs().get(BIAS).isEmpty();
    return has
        && constants
            .of(node.inputs().get(BIAS))
            .filter(bias -> bias.type() == OnnxTensor.FLOAT && bias.shape().size() == 1)
            .isEmpty();
  }

  private static FileNode letters(OnnxNode node, int rank) {
    String axes = "DHW".substring(Math.max(0, MAX_RANK - rank));
    return switch (node.operator()) {
      case "Conv" -> FileNode.layer(node, "OI" + axes, "NC" + axes);
      case "ConvTranspose" -> FileNode.layer(node, "IO" + axes, "NC" + axes);
      case "Gemm" -> FileNode.layer(node, node.integer("transB", 0) == 0 ? "IO" : "OI", "…C");
      default -> FileNode.layer(node, "IO", "…C");
    };
  }
}
