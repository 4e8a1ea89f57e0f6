package dev.bitfold.spark;

import dev.bitfold.Plan;
import java.io.Serializable;

/**
 * Makes the plan of the model in each JVM of a cluster: {@code () ->
 * EncoderQuantizer.of(Encoder.load(path))}. It must give the same model everywhere, and capture
 * only what is serializable, such as a path that all machines can read. Only the model of the plan
 * is used; settings come from the plan that is calibrated.
 */
@FunctionalInterface
public interface PlanSupplier extends Serializable {
  /** Returns a new plan. Called once in each JVM. */
  Plan<?> get() throws Exception;
}
