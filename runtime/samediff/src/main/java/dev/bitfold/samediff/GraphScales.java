package dev.bitfold.samediff;

import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.RangeCalibrator;
import dev.bitfold.quantizer.Quantizer;
import java.util.Arrays;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sets the scales of a graph's quantizers. They are constants, or trainable variables if they are
 * learned.
 */
final class GraphScales {
  private GraphScales() {}

  /** Adds a scale: that of a weight's values, or NaN until a scale is {@link #found}. */
  static void declare(SameDiff graph, GraphQuantizer quantizer, SDVariable x) {
    INDArray unknown = Nd4j.scalar(Float.NaN);
    if (!quantizer.weight()) {
      add(graph, quantizer, unknown, unknown);
      return;
    }
    Calibrator calibrator = Calibrators.of(quantizer.descriptor(), quantizer.layout());
    try {
      calibrator.observe(x.getArr());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(quantizer + ": " + e.getMessage(), e);
    }
    if (calibrator instanceof RangeCalibrator range) {
      add(graph, quantizer, range.min(), range.max());
    } else {
      INDArray amax = calibrator.amax();
      requireLearnable(quantizer, amax);
      add(graph, quantizer, amax, amax);
    }
  }

  private static void add(
      SameDiff graph, GraphQuantizer quantizer, INDArray first, INDArray second) {
    if (quantizer.descriptor().affine()) {
      graph.constant(quantizer.min(), first.dup('c'));
      graph.constant(quantizer.max(), second.dup('c'));
    } else {
      amax(graph, quantizer, first.dup('c'));
    }
  }

  private static void amax(SameDiff graph, GraphQuantizer quantizer, INDArray value) {
    if (quantizer.learned()) {
      graph.var(quantizer.amax(), value);
    } else {
      graph.constant(quantizer.amax(), value);
    }
  }

  /** Adds the amax that the descriptor gives. */
  static void given(SameDiff graph, GraphQuantizer quantizer, int[] shared, SDVariable x) {
    float[] values = new float[quantizer.descriptor().amax().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = quantizer.descriptor().amax().get(i);
    }
    long[] shape = x.getShape();
    if (values.length == 1 || shape == null) {
      INDArray given =
          values.length == 1
              ? Nd4j.scalar(values[0])
              : Nd4j.create(values, broadcastable(quantizer, values.length));
      amax(graph, quantizer, given);
      return;
    }
    long[] kept = shape.clone();
    for (int axis : shared) {
      kept[axis] = 1;
    }
    if (Arrays.stream(kept).reduce(1, (a, b) -> a * b) != values.length) {
      throw new IllegalArgumentException(
          quantizer
              + ": an amax of "
              + values.length
              + " values does not fit the shape "
              + Arrays.toString(shape));
    }
    amax(graph, quantizer, Nd4j.create(values, kept));
  }

  /**
   * Returns the shape of scales along the one axis that keeps them, for a result whose shape is not
   * known.
   */
  private static long[] broadcastable(GraphQuantizer quantizer, int count) {
    int rank = quantizer.layout().namedAxes();
    int[] blocks =
        rank == 0
            ? new int[0]
            : Quantizer.of(quantizer.descriptor(), quantizer.layout()).blocks(rank);
    if (Arrays.stream(blocks).filter(block -> block == 1).count() != 1) {
      throw new IllegalArgumentException(
          quantizer
              + ": the rank is not known, which an amax of "
              + count
              + " values needs; give its layout");
    }
    return Arrays.stream(blocks).mapToLong(block -> block == 1 ? count : 1).toArray();
  }

  /**
   * Returns the action that sets a scale found by a calibrator.
   *
   * @throws IllegalStateException if the scale cannot be learned
   */
  static Runnable found(SameDiff graph, GraphQuantizer quantizer, Calibrator calibrator) {
    if (calibrator instanceof RangeCalibrator range) {
      INDArray min = range.min();
      INDArray max = range.max();
      return () -> {
        graph.getVariable(quantizer.min()).setArray(min);
        graph.getVariable(quantizer.max()).setArray(max);
      };
    }
    INDArray amax = calibrator.amax();
    requireLearnable(quantizer, amax);
    return () -> graph.getVariable(quantizer.amax()).setArray(amax);
  }

  /**
   * Checks that a scale is known.
   *
   * @throws IllegalStateException if the scale is not calibrated yet; the message names the
   *     variable
   */
  static void requireCalibrated(SameDiff graph, GraphQuantizer quantizer) {
    String scale = quantizer.descriptor().affine() ? quantizer.max() : quantizer.amax();
    if (quantizer.calibrated() && Float.isNaN(graph.getVariable(scale).getArr().getFloat(0))) {
      throw new IllegalStateException(
          quantizer + ": it has no scale yet: call QuantSameDiff.calibrate before training");
    }
  }

  private static void requireLearnable(GraphQuantizer quantizer, INDArray amax) {
    if (quantizer.learned()) {
      requireAbove0(quantizer, amax, "begins with");
    }
  }

  static void requireAbove0(GraphQuantizer quantizer, INDArray amax, String verb) {
    for (float value : amax.dup('c').data().asFloat()) {
      if (!(value > 0) || !Float.isFinite(value)) {
        throw new IllegalStateException(
            quantizer
                + ": the learned amax "
                + verb
                + " "
                + value
                + "; it must stay above 0: train with a smaller step, or begin with other data");
      }
    }
  }
}
