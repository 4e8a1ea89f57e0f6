package dev.bitfold.samediff;

import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import java.util.LinkedHashMap;
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
 * Observes what reaches the quantizers of a graph that need calibration, in any run of the graph:
 * inference, evaluation or training. While it listens those quantizers hand on the float values.
 * {@link #apply} sets the scales.
 *
 * <p>For one graph, and one thread at a time.
 */
public final class CalibrationListener extends BaseListener {
  private static final String STOP = "stop_gradient";

  private final SameDiff graph;

  /** By the variable that is quantized. */
  private final Map<String, Observed> observed = new LinkedHashMap<>();

  private static final class Observed {
    private final GraphQuantizer quantizer;
    private final Calibrator calibrator;
    private @Nullable INDArray last;

    Observed(GraphQuantizer quantizer) {
      this.quantizer = quantizer;
      this.calibrator = Calibrators.of(quantizer.descriptor(), quantizer.layout());
    }
  }

  /** Of a graph that has its quantizers. */
  public CalibrationListener(SameDiff sd) {
    graph = sd;
    for (GraphQuantizer quantizer : GraphQuantizer.in(sd)) {
      if (quantizer.calibrated() && !quantizer.weight()) {
        observed.put(quantizer.input(), new Observed(quantizer));
      }
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
    if (STOP.equals(op.getOp().opName()) && observed.containsKey(op.getInputsToOp().get(0))) {
      observe(observed.get(op.getInputsToOp().get(0)), outputs[0]);
      return;
    }
    for (Observed each : observed.values()) {
      if (op.getOutputsOfOp().get(0).equals(each.quantizer.output()) && each.last != null) {
        outputs[0].assign(each.last);
        each.last = null;
      }
    }
  }

  private static void observe(Observed each, INDArray x) {
    try {
      each.calibrator.observe(x);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(each.quantizer + ": " + e.getMessage(), e);
    }
    each.last = x.dup('c');
  }

  /**
   * Sets the scales that were found.
   *
   * @throws IllegalStateException if nothing has reached a quantizer, or a learned amax would begin
   *     with 0; the message names the variable, and no scale is set
   */
  public void apply() {
    for (Observed each : observed.values()) {
      if (each.calibrator.elements() == 0) {
        throw new IllegalStateException(
            each.quantizer + ": no batch has reached it, so it has no scale");
      }
    }
    observed.values().forEach(each -> GraphScales.set(graph, each.quantizer, each.calibrator));
  }

  @Override
  public String toString() {
    return "calibration of " + observed.keySet();
  }
}
