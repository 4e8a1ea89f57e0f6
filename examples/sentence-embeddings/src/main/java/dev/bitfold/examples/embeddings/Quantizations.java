package dev.bitfold.examples.embeddings;

import dev.bitfold.examples.embeddings.evaluation.ModelFacts;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import java.util.List;

/** All that this program does to quantize its model; the rest is in the annotations. */
final class Quantizations {
  private Quantizations() {}

  /**
   * Quantizes the model in every way that the table shows.
   *
   * @param model the float model
   * @param facts its sizes
   * @param calibration sentences of the training split, in batches
   */
  static List<Configuration> of(MiniLm model, ModelFacts facts, List<Batch> calibration) {
    return List.of();
  }
}
