package dev.bitfold.samediff;

import java.util.List;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Loss;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * Ends training with an error as soon as a learned amax is zero, negative, NaN or infinite: {@code
 * sd.setListeners(new LearnedScaleListener(sd))}. Without this listener, training would go on with
 * meaningless values. The listener also refuses to begin before every static scale is known.
 */
public final class LearnedScaleListener extends BaseListener {
  private final List<GraphQuantizer> quantizers;

  /** Makes a listener for a graph that has its quantizers. */
  public LearnedScaleListener(SameDiff sd) {
    quantizers = GraphQuantizer.in(sd);
  }

  @Override
  public boolean isActive(Operation operation) {
    return operation == Operation.TRAINING;
  }

  /**
   * Checks that every quantizer has its scale.
   *
   * @throws IllegalStateException if a scale is not known; the message names the variable
   */
  @Override
  public void operationStart(SameDiff sd, Operation operation) {
    quantizers.forEach(quantizer -> GraphScales.requireCalibrated(sd, quantizer));
  }

  /**
   * Checks the scales after a step.
   *
   * @throws IllegalStateException if a learned amax is not above 0 and finite; the message names
   *     the variable
   */
  @Override
  public void iterationDone(SameDiff sd, At at, MultiDataSet data, Loss loss) {
    for (GraphQuantizer quantizer : quantizers) {
      if (quantizer.learned()) {
        GraphScales.requireAbove0(
            quantizer, sd.getVariable(quantizer.amax()).getArr(), "has become");
      }
    }
  }
}
