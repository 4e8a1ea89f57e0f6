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
 * sd.setListeners(new LearnedScaleListener(sd))}. Without it such a graph would go on, with values
 * that mean nothing. It also refuses to begin before every static scale is known.
 */
public final class LearnedScaleListener extends BaseListener {
  private final List<GraphQuantizer> quantizers;

  /** Of a graph that has its quantizers. */
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
   * @throws IllegalStateException naming the variable
   */
  @Override
  public void operationStart(SameDiff sd, Operation operation) {
    quantizers.forEach(quantizer -> GraphScales.requireCalibrated(sd, quantizer));
  }

  /**
   * Checks what the step before has made of the scales.
   *
   * @throws IllegalStateException naming the variable
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
