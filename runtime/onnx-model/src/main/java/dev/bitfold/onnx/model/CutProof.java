package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.model.cut.WholeGraph;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Proves that a cut model computes what the whole file does. */
final class CutProof {
  /** The largest difference, relative to the largest magnitude of the output. */
  static final double BOUND = 1e-5;

  /** How much more than ONNX Runtime's own optimizer cutting may move an output. */
  private static final double MARGIN = 8;

  private CutProof() {}

  /**
   * Compares the outputs.
   *
   * @throws OnnxException if one differs by more than the bound, and by much more than the file
   *     itself without ONNX Runtime's optimizer
   */
  static void prove(OnnxModel model, List<Map<String, INDArray>> feeds) {
    OnnxModel.Source source = model.source();
    OnnxFile file = source.prepared().file();
    try (WholeGraph whole = new WholeGraph(file, source.threads(), true)) {
      for (Map<String, INDArray> feed : feeds) {
        Map<String, INDArray> expected = whole.run(feed);
        Map<String, INDArray> actual = model.run(feed);
        for (Map.Entry<String, INDArray> output : expected.entrySet()) {
          String name = output.getKey();
          INDArray found = Objects.requireNonNull(actual.get(name), name);
          double apart = apart(output.getValue(), found);
          if (!(apart <= BOUND) && !(apart <= MARGIN * moved(source, feed, output))) {
            throw new OnnxException(
                source.name(),
                "output "
                    + name
                    + " of the cut model differs from the whole file's by "
                    + String.format(Locale.ROOT, "%.2g", apart)
                    + " of its largest magnitude; the bound is "
                    + BOUND);
          }
        }
      }
    }
  }

  private static double moved(
      OnnxModel.Source source, Map<String, INDArray> feed, Map.Entry<String, INDArray> output) {
    OnnxFile file = source.prepared().file();
    try (WholeGraph plain = new WholeGraph(file, source.threads(), false)) {
      Map<String, INDArray> outputs = plain.run(feed);
      return apart(output.getValue(), Objects.requireNonNull(outputs.get(output.getKey())));
    }
  }

  /** The largest difference relative to the largest magnitude; of other types than floats, any. */
  static double apart(INDArray expected, INDArray actual) {
    if (!java.util.Arrays.equals(expected.shape(), actual.shape())) {
      return Double.POSITIVE_INFINITY;
    }
    if (!expected.dataType().isFPType()) {
      return expected.equals(actual) ? 0 : Double.POSITIVE_INFINITY;
    }
    if (expected.isEmpty()) {
      return 0;
    }
    double largest = expected.amaxNumber().doubleValue();
    double difference = expected.sub(actual).amaxNumber().doubleValue();
    return difference == 0 ? 0 : difference / largest;
  }
}
