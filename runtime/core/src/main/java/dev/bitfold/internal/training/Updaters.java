package dev.bitfold.internal.training;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
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

  /** Their settings, such as a learning rate, by what they update; of some classes unknown. */
  public Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings(weights).ifPresent(text -> settings.put("weights and biases", text));
    settings(scales).ifPresent(text -> settings.put("learned scales", text));
    return settings;
  }

  /** ND4J's updaters print every setting; a class that prints none shows where it lies instead. */
  private static Optional<String> settings(IUpdater updater) {
    String text = String.valueOf(updater);
    String none = updater.getClass().getName() + "@" + Integer.toHexString(updater.hashCode());
    return text.equals(none) ? Optional.empty() : Optional.of(text);
  }

  /**
   * Tells which settings differ from those of a checkpoint.
   *
   * @param saved what {@link #settings} was when it was saved
   * @return a sentence for each updater whose settings are others now
   */
  public List<String> changesSince(Map<String, String> saved) {
    List<String> changes = new ArrayList<>();
    settings()
        .forEach(
            (what, now) -> {
              String before = saved.get(what);
              if (before != null && !before.equals(now)) {
                changes.add(what + " were trained with " + before + " and go on with " + now);
              }
            });
    return changes;
  }
}
