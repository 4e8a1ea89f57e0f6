package dev.bitfold.examples.embeddings.evaluation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code result.json} holds.
 *
 * @param model the model's sizes
 * @param pairs how many sentence pairs were compared
 * @param sentences how many distinct sentences they hold
 * @param calibrationSentences how many sentences of the training split were used to calibrate
 * @param configurations the scores
 */
public record ResultFile(
    ModelFacts model,
    int pairs,
    int sentences,
    int calibrationSentences,
    List<Score> configurations) {
  /** Writes the file, and the folders above it where they are missing. */
  public void write(Path path) throws IOException {
    Path folder = path.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(path.toFile(), this);
  }
}
