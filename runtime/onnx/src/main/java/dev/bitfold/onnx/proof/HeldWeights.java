package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares each number of a weight in blocks with the model's. ONNX Runtime runs each operator
 * alone, on every row of its table or on the unit vectors of its input, so that the result is the
 * weight that the file holds. No data of the proof has to reach a row for its fault to be found.
 */
final class HeldWeights {
  /** A share of the largest number of the tensor, for blocks of zeros. */
  private static final double NOTHING = 1e-6;

  private final OnnxFile exported;
  private final Graph graph;
  private final Reference reference;
  private final Settings settings;
  private final Faults faults;

  HeldWeights(OnnxFile exported, Reference reference, Settings settings, Faults faults) {
    this.exported = exported;
    this.graph = new Graph(exported);
    this.reference = reference;
    this.settings = settings;
    this.faults = faults;
  }

  /**
   * Compares all weights, but those that factors of smoothing are folded into.
   *
   * @return the number of weights
   */
  int prove() {
    int compared = 0;
    for (NodeProto node : graph.sorted()) {
      boolean lookUp = BlockNode.isLookUp(node);
      if (lookUp || BlockNode.isProduct(node)) {
        Optional<TensorProto> expected = reference.constant(node.getName(), lookUp ? 0 : 1);
        if (expected.isPresent() && !reference.scaledValues().contains(node.getOutput(0))) {
          prove(new BlockNode(exported, graph, node), lookUp, expected.get());
          compared++;
        }
      }
    }
    return compared;
  }

  private void prove(BlockNode operator, boolean lookUp, TensorProto tensor) {
    NodeProto node = operator.node();
    String file = exported.name();
    float[] expected = Tensors.floats(file, tensor);
    long[] shape = Tensors.shape(file, tensor);
    boolean transposed = !lookUp && reference.isTransposed(node.getName());
    int rows = Math.toIntExact(shape[transposed ? 1 : 0]);
    int columns = Math.toIntExact(shape[transposed ? 0 : 1]);
    if (rows == 0 || columns == 0) {
      return;
    }
    float[] ordered = transposed ? transposed(expected, columns, rows) : expected;
    float[] largest =
        lookUp
            ? byRow(ordered, rows, columns, operator.block())
            : byColumn(ordered, rows, columns, operator.block());
    double nothing = NOTHING * BlockNode.largest(ordered, 0, ordered.length, ordered.length)[0];
    try {
      operator.show(
          rows,
          settings,
          (from, found) -> {
            requireShape(node, found, columns);
            float[] actual = Bound.floats(found);
            for (int i = 0; i < actual.length; i++) {
              int row = from + i / columns;
              int column = i % columns;
              float right = ordered[row * columns + column];
              double bound = Bound.RELATIVE * largest[row * columns + column] + nothing;
              if (!(Math.abs((double) actual[i] - right) <= bound)) {
                throw faults.fault(
                    "is not the quantized model: node "
                        + node.getName()
                        + " holds "
                        + actual[i]
                        + " in place of "
                        + right
                        + " at ["
                        + row
                        + ", "
                        + column
                        + "] of its weight; the bound is "
                        + Bound.RELATIVE
                        + " of the largest value of the block");
              }
            }
          });
    } catch (SessionException e) {
      throw faults.fault(
          "does not run in ONNX Runtime, because of node " + node.getName() + ": " + e.getMessage(),
          e);
    }
  }

  private void requireShape(NodeProto node, INDArray found, int columns) {
    if (found.rank() != 2 || found.size(1) != columns) {
      throw faults.fault(
          "is not the quantized model: node "
              + node.getName()
              + " holds rows of "
              + found.size(-1)
              + " numbers, and its weight has "
              + columns);
    }
  }

  /** Returns a matrix [outer, inner] as [inner, outer]. */
  private static float[] transposed(float[] values, int outer, int inner) {
    float[] transposed = new float[values.length];
    for (int r = 0; r < outer; r++) {
      for (int c = 0; c < inner; c++) {
        transposed[c * outer + r] = values[r * inner + c];
      }
    }
    return transposed;
  }

  /**
   * Returns, for each element of a matrix [outer, inner], the largest magnitude of its block along
   * the inner axis.
   */
  private static float[] byRow(float[] values, int outer, int inner, int block) {
    float[] all = new float[values.length];
    for (int row = 0; row < outer; row++) {
      float[] largest = BlockNode.largest(values, row * inner, inner, block);
      for (int c = 0; c < inner; c++) {
        all[row * inner + c] = largest[c / block];
      }
    }
    return all;
  }

  /** Does the same as {@link #byRow} for blocks along the outer axis. */
  private static float[] byColumn(float[] values, int rows, int columns, int block) {
    float[] largest = byRow(transposed(values, rows, columns), columns, rows, block);
    return transposed(largest, columns, rows);
  }
}
