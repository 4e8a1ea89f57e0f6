package dev.bitfold.internal.training;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * The updaters of a training.
 *
 * @param weights of weights and biases
 * @param scales of learned scales
 */
public record Updaters(IUpdater weights, IUpdater scales) {
  /** Refuses null. */
  public Updaters {
    Objects.requireNonNull(weights, "updater");
    Objects.requireNonNull(scales, "scaleUpdater");
  }

  /** Their classes, by what they update. */
  public Map<String, String> classes() {
    Map<String, String> classes = new LinkedHashMap<>();
    classes.put("weights and biases", weights.getClass().getName());
    classes.put("learned scales", scales.getClass().getName());
    return classes;
  }
}
