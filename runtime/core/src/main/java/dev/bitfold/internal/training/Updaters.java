package dev.bitfold.internal.training;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Holds the updaters of a training.
 *
 * @param weights the updater of weights and biases
 * @param scales the updater of learned scales
 */
public record Updaters(IUpdater weights, IUpdater scales) {
  /** Refuses null. */
  public Updaters {
    Objects.requireNonNull(weights, "updater");
    Objects.requireNonNull(scales, "scaleUpdater");
  }

  /** Returns the updaters' classes, by what they update. */
  public Map<String, String> classes() {
    Map<String, String> classes = new LinkedHashMap<>();
    classes.put("weights and biases", weights.getClass().getName());
    classes.put("learned scales", scales.getClass().getName());
    return classes;
  }
}
