package dev.bitfold.samediff;

import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.internal.SameDiffOp;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.OpContext;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Observes the inputs of those quantizers of a graph that need calibration, in any run of the
 * graph: inference, evaluation or training. While this listener is active, the graph is a float
 * graph: every quantizer passes its input on. {@link #apply} sets the scales.
 *
 * <p>Each listener is for one graph. Not safe for concurrent use.
 */
public final class CalibrationListener extends BaseListener {
  private static final String STOP = "stop_gradient";

  private final SameDiff graph;

  /** The quantizers that were met, by the variable that is quantized. */
  private final Map<String, Met> byInput = new LinkedHashMap<>();

  private final Map<String, Met> byOutput = new HashMap<>();

  /** Holds a quantizer that was met in a run. */
  private static final class Met {
    private final GraphQuantizer quantizer;
    private final @Nullable Calibrator calibrator;
    private @Nullable INDArray last;

    Met(GraphQuantizer quantizer, @Nullable Calibrator calibrator) {
      this.quantizer = quantizer;
      this.calibrator = calibrator;
    }

    void observe(INDArray x) {
      if (calibrator != null) {
        try {
          calibrator.observe(x);
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(quantizer + ": " + e.getMessage(), e);
        }
      }
      last = x.dup('c');
    }
  }

  /**
   * Makes a listener for a graph that has its quantizers.
   *
   * @throws IllegalArgumentException if the graph has no quantizers
   */
  public CalibrationListener(SameDiff sd) {
    graph = sd;
    Map<String, Calibrator> calibrators = new HashMap<>();
    for (GraphQuantizer quantizer : GraphQuantizer.in(sd)) {
      Calibrator calibrator =
          quantizer.calibrated() && !quantizer.weight()
              ? calibrators.computeIfAbsent(
                  quantizer.owner(),
                  owner -> Calibrators.of(quantizer.descriptor(), quantizer.layout()))
              : null;
      Met met = new Met(quantizer, calibrator);
      byInput.put(quantizer.input(), met);
      byOutput.put(quantizer.output(), met);
    }
    if (byInput.isEmpty()) {
      throw new IllegalArgumentException(
          "the graph has no quantizers: add them before, with QuantSameDiff.fakeQuant or quantize");
    }
  }

  @Override
  public boolean isActive(Operation operation) {
    return true;
  }

  @Override
  public void opExecution(
      SameDiff sd,
      At at,
      @Nullable MultiDataSet batch,
      SameDiffOp op,
      OpContext context,
      INDArray[] outputs) {
    if (STOP.equals(op.getOp().opName())) {
      Met met = byInput.get(op.getInputsToOp().get(0));
      if (met != null) {
        met.observe(outputs[0]);
        return;
      }
    }
    Met met = byOutput.get(op.getOutputsOfOp().get(0));
    if (met != null && met.last != null) {
      outputs[0].assign(met.last);
      met.last = null;
    }
  }

  /**
   * Sets the scales of the observed quantizers.
   *
   * @throws IllegalStateException if no value has reached a quantizer, or a learned amax would
   *     begin with 0; the message names the variable, and no scale is set
   */
  public void apply() {
    for (Met met : byInput.values()) {
      if (met.calibrator != null && met.calibrator.elements() == 0) {
        throw new IllegalStateException(
            met.quantizer + ": no batch has reached it, so it has no scale");
      }
    }
    List<Runnable> found = new ArrayList<>();
    for (Met met : byInput.values()) {
      if (met.calibrator != null && met.quantizer.ownsScale()) {
        found.add(GraphScales.found(graph, met.quantizer, met.calibrator));
      }
    }
    found.forEach(Runnable::run);
  }

  @Override
  public String toString() {
    return "calibration of " + byInput.keySet();
  }
}
