package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.export.MappedNode;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Reads a layer's weight and bias out of its nodes; a Gemm's alpha and beta belong to them. */
final class LayerTensors {
  private LayerTensors() {}

  /** Returns the weights of all parts, joined along their output channels. */
  static INDArray weight(Graph graph, FoundLayer layer) {
    List<INDArray> weights = new ArrayList<>();
    for (MappedNode part : layer.parts()) {
      TensorProto tensor = part.weight();
      float[] values = Tensors.floats(graph.file(), tensor);
      Tensors.requireFinite(graph.file(), tensor, values);
      INDArray held = DenseFloats.array(values, Tensors.shape(graph.file(), tensor));
      INDArray ordered = part.isTransposed() ? held.transpose().dup('c') : held;
      weights.add(part.alpha() == 1 ? ordered : ordered.mul(part.alpha()));
    }
    return weights.size() == 1
        ? weights.get(0)
        : Nd4j.concat(layer.letters().outputAxis(), weights.toArray(INDArray[]::new));
  }

  /** Returns the biases of all parts, one after the other; null if the layer has none. */
  static @Nullable INDArray bias(Graph graph, FoundLayer layer) {
    if (!layer.biased()) {
      return null;
    }
    List<INDArray> biases = new ArrayList<>();
    for (MappedNode part : layer.parts()) {
      NodeProto node = Objects.requireNonNull(part.biasNode());
      TensorProto tensor = graph.held(node.getInput(part.biasInput(node))).orElseThrow();
      float[] values = Tensors.floats(graph.file(), tensor);
      Tensors.requireFinite(graph.file(), tensor, values);
      for (int c = 0; c < values.length; c++) {
        values[c] *= part.beta();
      }
      biases.add(DenseFloats.array(values, values.length));
    }
    return biases.size() == 1 ? biases.get(0) : Nd4j.concat(0, biases.toArray(INDArray[]::new));
  }
}
