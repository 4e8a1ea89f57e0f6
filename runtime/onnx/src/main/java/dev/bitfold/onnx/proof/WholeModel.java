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
import java.util.Set;
import java.util.function.Function;
import onnx.Onnx.NodeProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Compares a file's outputs with those of the model as the user runs it. In a quantized model, a
 * code may go either way at each layer, with all its consequences. Therefore, the tolerance is a
 * multiple of how far the file's own outputs vary: without the optimizer, and, where that is not
 * enough, if the {@linkplain LastBits last bits} of its constants change.
 */
final class WholeModel {
  /**
   * The relative tolerance in the Euclidean norm, if nothing varies: two codes in a hundred steps.
   */
  private static final double QUANTIZED = 2e-3;

  /** The same for a float model, in which only sums differ. */
  private static final double FLOAT = Bound.RELATIVE;

  private static final double MARGIN = 8;

  /** How many files with other last bits are run. */
  private static final int VARIANTS = 3;

  /** How many times as far as these files' outputs the model's may be from the file's. */
  private static final double MARGIN_OF_VARIANTS = 2;

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
  private final boolean quantized;

  /**
   * Makes a comparison.
   *
   * @param quantized whether values are rounded to codes in the file
   * @param remedy what to look at if the outputs differ
   */
  WholeModel(
      OnnxFile file,
      Settings settings,
      Function<Map<String, INDArray>, Map<String, INDArray>> model,
      boolean quantized,
      String remedy) {
    this.quantized = quantized;
    this.file = file;
    this.settings = settings;
    this.model = model;
    this.least = quantized ? QUANTIZED : FLOAT;
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
      for (Map.Entry<String, INDArray> output : expected.entrySet()) {
        String name = output.getKey();
        double by = compare(name, output.getValue(), actual.get(name), other.get(name), feed);
        largest = Math.max(largest, by);
      }
    } catch (SessionException e) {
      throw new OnnxException(file.name(), "cannot be proved: " + e.getMessage(), e);
    }
    return largest;
  }

  /** Returns the largest distance of an output from itself if the constants' last bits change. */
  private double spread(String output, INDArray actual, Map<String, INDArray> feed) {
    double largest = 0;
    for (int seed = 0; seed < VARIANTS; seed++) {
      try (Session variant = Session.open(LastBits.of(file, seed), settings)) {
        if (HostValue.run(variant, feed).get(output) instanceof HostValue.Floats moved
            && moved.array().equalShapes(actual)) {
          double distance = moved.array().distance2(actual);
          largest = Math.max(largest, Double.isFinite(distance) ? distance : 0);
        }
      }
    }
    return largest;
  }

  private double compare(
      String output,
      INDArray expected,
      @Nullable HostValue actual,
      @Nullable HostValue moved,
      Map<String, INDArray> feed) {
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
    double bound = Math.max(least * norm, MARGIN * m.array().distance2(a.array()));
    if (quantized && !(distance <= bound)) {
      bound = Math.max(bound, MARGIN_OF_VARIANTS * spread(output, a.array(), feed));
    }
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
