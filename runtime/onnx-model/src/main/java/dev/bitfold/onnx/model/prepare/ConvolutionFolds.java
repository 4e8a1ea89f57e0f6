package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import onnx.Onnx.NodeProto;

/**
 * Folds constant factors, sums and batch norms behind a Conv, ConvTranspose or Gemm into its weight
 * and bias. ONNX Runtime does so for a Conv and for constants of a value for each channel only.
 */
final class ConvolutionFolds {
  private final Graph graph;
  private final List<String> folded = new ArrayList<>();

  private ConvolutionFolds(Graph graph) {
    this.graph = graph;
  }

  static OnnxFile of(OnnxFile file, Changes changes) {
    ConvolutionFolds folds = new ConvolutionFolds(new Graph(file));
    for (NodeProto node : folds.graph.sorted()) {
      folds.foldInto(node.getName());
    }
    if (folds.folded.isEmpty()) {
      return file;
    }
    changes.note(
        "factors, sums and norms folded into the convolution or Gemm before them", folds.folded);
    folds.graph.removeUnread();
    return new OnnxFile(
        file.name(), file.model().toBuilder().setGraph(folds.graph.toProto()).build());
  }

  /** Folds what stands behind a node, as long as there is something. */
  private void foldInto(String name) {
    Optional<NodeProto> node = graph.node(name);
    while (node.isPresent()) {
      Optional<FoldTarget> target = FoldTarget.of(graph, node.get());
      Optional<NodeProto> next = target.flatMap(t -> soleReader(t.node().getOutput(0)));
      Optional<ChannelAffine> affine =
          next.flatMap(n -> ChannelAffine.of(graph, n, target.orElseThrow()));
      Optional<NodeProto> changed = affine.flatMap(a -> target.orElseThrow().with(graph, a));
      if (changed.isEmpty()) {
        return;
      }
      NodeProto gone = next.orElseThrow();
      graph.remove(gone);
      graph.replace(node.get(), changed.get().toBuilder().setOutput(0, gone.getOutput(0)).build());
      folded.add(gone.getName());
      node = graph.node(name);
    }
  }

  /** The one node that reads a value, once, and as an input of its own. */
  private Optional<NodeProto> soleReader(String value) {
    List<NodeProto> readers = graph.readers(value);
    boolean once =
        !graph.isGraphOutput(value)
            && readers.size() == 1
            && readers.get(0).getInputList().stream().filter(value::equals).count() == 1
            && readers.get(0).getOutputCount() == 1;
    return once ? Optional.of(readers.get(0)) : Optional.empty();
  }
}
