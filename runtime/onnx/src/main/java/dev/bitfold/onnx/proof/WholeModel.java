package dev.bitfold.onnx.proof;

import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.SessionException;
import dev.bitfold.onnx.session.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import onnx.Onnx.NodeProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares a file's outputs with those of the model as the user runs it. In a quantized model, a
 * code may go either way at each layer, with all its consequences. Therefore, the tolerance is how
 * far the file's own outputs vary if sums are computed in another order, without the optimizer, or
 * a tenth of what quantization costs: a flipped code is off by a step, a rounded value by a twelfth
 * of its square in the mean, so a tenth of the noise is one flipped code in 1,200.
 */
final class WholeModel {
  /**
   * The relative tolerance in the Euclidean norm, if nothing varies: two codes in a hundred steps.
   */
  static final double QUANTIZED = 2e-3;

  /** The same for a float model, in which only sums differ. */
  static final double FLOAT = Bound.RELATIVE;

  private static final double MARGIN = 8;

  /** The share of the noise of quantization that flipped codes may have. */
  private static final double FLIPPED = 0.1;

  /** Files of more steps are not read in a message. */
  private static final int SHOWN = 24;

  /** Operators of quantized values, which no forward has. */
  private static final Set<String> PLUMBING =
      Set.of("QuantizeLinear", "DequantizeLinear", "Constant");

  private final OnnxFile file;
  private final Settings settings;
  private final Function<Map<String, INDArray>, Map<String, INDArray>> model;
  private final double least;
  private final String remedy;
  private final Optional<OnnxFile> floats;

  /**
   * Makes a comparison.
   *
   * @param floats the float file, if the other is quantized
   * @param least the relative difference that is always allowed
   * @param remedy what to look at if the outputs differ
   */
  WholeModel(
      OnnxFile file,
      Settings settings,
      Function<Map<String, INDArray>, Map<String, INDArray>> model,
      double least,
      String remedy,
      Optional<OnnxFile> floats) {
    this.floats = floats;
    this.file = file;
    this.settings = settings;
    this.model = model;
    this.least = least;
    this.remedy = remedy;
  }

  /**
   * Compares the outputs for a feed.
   *
   * @return the largest relative difference of an output, in the Euclidean norm
   */
  double compare(Session exported, Map<String, INDArray> feed) {
    Map<String, INDArray> expected = model.apply(feed);
    double largest = 0;
    try (Session unoptimized = Session.open(file.model(), settings.with(Settings.Optimizer.OFF))) {
      Map<String, HostValue> actual = HostValue.run(exported, feed);
      Map<String, HostValue> other = HostValue.run(unoptimized, feed);
      Map<String, HostValue> exact = unquantized(feed);
      for (Map.Entry<String, INDArray> output : expected.entrySet()) {
        String name = output.getKey();
        double by =
            compare(name, output.getValue(), actual.get(name), other.get(name), exact.get(name));
        largest = Math.max(largest, by);
      }
    } catch (SessionException e) {
      throw new OnnxException(file.name(), "cannot be proved: " + e.getMessage(), e);
    }
    return largest;
  }

  private Map<String, HostValue> unquantized(Map<String, INDArray> feed) {
    if (floats.isEmpty()) {
      return Map.of();
    }
    try (Session session = Session.open(floats.get().model(), Settings.DEFAULT)) {
      return HostValue.run(session, feed);
    }
  }

  private double compare(
      String output,
      INDArray expected,
      @Nullable HostValue actual,
      @Nullable HostValue moved,
      @Nullable HostValue exact) {
    if (!(actual instanceof HostValue.Floats a) || !(moved instanceof HostValue.Floats m)) {
      throw new OnnxException(
          file.name(), "has no output " + output + " of floats to compare with the model's");
    }
    if (!Arrays.equals(expected.shape(), a.array().shape())) {
      throw new OnnxException(
          file.name(),
          "output "
              + output
              + " is of shape "
              + Arrays.toString(a.array().shape())
              + ", and the model's of "
              + Arrays.toString(expected.shape()));
    }
    double norm = expected.norm2Number().doubleValue();
    if (!Double.isFinite(norm)) {
      throw new OnnxException(
          file.name(),
          "cannot be compared with the model, whose output "
              + output
              + " holds NaN or infinities on the data of the proof; give it other data:"
              + " OnnxProof.on(feeds)");
    }
    double distance = expected.distance2(a.array());
    double noise =
        exact instanceof HostValue.Floats f && expected.equalShapes(f.array())
            ? expected.distance2(f.array())
            : 0;
    double bound =
        Math.max(Math.max(least * norm, FLIPPED * noise), MARGIN * m.array().distance2(a.array()));
    if (!(distance <= bound)) {
      throw new OnnxException(
          file.name(),
          "output "
              + output
              + " differs from the model's by "
              + String.format(Locale.ROOT, "%.2g", distance / norm)
              + " of its norm; the bound is "
              + String.format(Locale.ROOT, "%.2g", bound / norm)
              + ". "
              + remedy
              + steps());
    }
    return norm == 0 ? 0 : distance / norm;
  }

  /** Lists what a small file computes, in order, to be held beside the model's forward. */
  private String steps() {
    List<String> names =
        file.model().getGraph().getNodeList().stream()
            .filter(node -> !PLUMBING.contains(node.getOpType()))
            .map(NodeProto::getName)
            .toList();
    return names.isEmpty() || names.size() > SHOWN
        ? ""
        : "; the file's steps are " + String.join(", ", names);
  }
}
