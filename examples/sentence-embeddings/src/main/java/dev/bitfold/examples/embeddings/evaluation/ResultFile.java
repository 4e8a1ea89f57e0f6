package dev.bitfold.examples.embeddings.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code result.json} holds.
 *
 * @param model the model's sizes
 * @param active what is quantized, and the alphas of {@code w8a8-smoothquant}
 * @param pairs how many sentence pairs were compared
 * @param sentences how many distinct sentences they hold
 * @param calibrationSentences how many sentences of the training split were used to calibrate
 * @param configurations the scores
 */
public record ResultFile(
    ModelFacts model,
    LayerAlphas active,
    int pairs,
    int sentences,
    int calibrationSentences,
    List<Score> configurations) {
  /** Writes the file; its folder must be there. */
  public void write(Path path) throws IOException {
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(path.toFile(), this);
  }
}
