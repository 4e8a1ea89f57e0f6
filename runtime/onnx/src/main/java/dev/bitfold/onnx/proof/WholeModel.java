package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares an exported file's outputs with those of the quantized model as the user runs it.
 * Between the two a code may go either way at each layer, and all that follows from it, so the
 * outputs are held to how far the file's own move when sums are computed in another order, without
 * the optimizer.
 */
final class WholeModel {
  private static final double MARGIN = 8;

  /** Relative, in the Euclidean norm: two codes in a hundred steps, where nothing moves. */
  private static final double LEAST = 2e-3;

  private final OnnxFile file;
  private final Map<String, String> settings;
  private final Function<Map<String, INDArray>, Map<String, INDArray>> model;

  WholeModel(
      OnnxFile file,
      Map<String, String> settings,
      Function<Map<String, INDArray>, Map<String, INDArray>> model) {
    this.file = file;
    this.settings = settings;
    this.model = model;
  }

  void compare(OrtRuns exported, Map<String, INDArray> feed) {
    Map<String, INDArray> expected = model.apply(feed);
    try (OrtRuns unoptimized = OrtRuns.openUnoptimized(file.model(), settings)) {
      Map<String, HostValue> actual = exported.run(feed);
      Map<String, HostValue> other = unoptimized.run(feed);
      for (Map.Entry<String, INDArray> output : expected.entrySet()) {
        compare(
            output.getKey(),
            output.getValue(),
            actual.get(output.getKey()),
            other.get(output.getKey()));
      }
    } catch (OrtRuns.RunException e) {
      throw new OnnxException(file.name(), "cannot be proved: " + e.getMessage(), e);
    }
  }

  private void compare(
      String output,
      INDArray expected,
      @org.jspecify.annotations.Nullable HostValue actual,
      @org.jspecify.annotations.Nullable HostValue moved) {
    if (!(actual instanceof HostValue.Floats a) || !(moved instanceof HostValue.Floats m)) {
      throw new OnnxException(
          file.name(),
          "has no output " + output + " of floats to compare with the quantized model's");
    }
    if (!Arrays.equals(expected.shape(), a.array().shape())) {
      throw new OnnxException(
          file.name(),
          "output "
              + output
              + " is of shape "
              + Arrays.toString(a.array().shape())
              + ", and the quantized model's of "
              + Arrays.toString(expected.shape()));
    }
    double norm = expected.norm2Number().doubleValue();
    double distance = expected.distance2(a.array()) / norm;
    double bound = Math.max(LEAST, MARGIN * m.array().distance2(a.array()) / norm);
    if (!(distance <= bound) && norm > 0) {
      throw new OnnxException(
          file.name(),
          "each node computes what its layer does, and output "
              + output
              + " still differs from the quantized model's by "
              + String.format(java.util.Locale.ROOT, "%.2g", distance)
              + " of its norm; the bound is "
              + String.format(java.util.Locale.ROOT, "%.2g", bound)
              + ". The float file is not the float model: compare what both compute in float, such"
              + " as an epsilon, an alpha or a padding");
    }
  }
}
