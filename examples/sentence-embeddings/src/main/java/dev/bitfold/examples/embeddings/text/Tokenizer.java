package dev.bitfold.examples.embeddings.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.bitfold.examples.embeddings.load.BadInputException;
import dev.bitfold.examples.embeddings.load.InputFile;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/** Sentences to tokens, by a Hugging Face {@code tokenizer.json}. Safe for concurrent use. */
public final class Tokenizer implements AutoCloseable {
  static {
    // DJL would fetch natives that its jar lacks, and reports its use to its makers.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("RUST_FLAVOR", "cpu");
  }

  private final String file;
  private final HuggingFaceTokenizer tokenizer;
  private final String prefix;
  private final int vocabulary;

  /**
   * Reads a tokenizer.
   *
   * @param prefix what the model wants before each sentence, such as {@code "query: "}
   * @param maxLength longer sentences are cut to so many tokens
   * @param vocabulary how many tokens the model knows
   * @throws BadInputException if the file is no tokenizer
   */
  public Tokenizer(InputFile file, String prefix, int maxLength, int vocabulary) {
    this.file = file.name();
    this.prefix = prefix;
    this.vocabulary = vocabulary;
    String max = Integer.toString(maxLength);
    try {
      this.tokenizer =
          HuggingFaceTokenizer.newInstance(
              new ByteArrayInputStream(file.bytes()),
              Map.of(
                  "padding",
                  "false",
                  "truncation",
                  "true",
                  "maxLength",
                  max,
                  "modelMaxLength",
                  max));
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(file.name(), "is no tokenizer.json: " + e.getMessage(), e);
    }
  }

  /**
   * Tokenizes sentences.
   *
   * @throws BadInputException if a token is not in the model's vocabulary
   */
  public List<int[]> encode(List<String> sentences) {
    return sentences.stream().map(this::encode).toList();
  }

  /** Tokenizes one sentence. */
  public int[] encode(String sentence) {
    long[] ids = tokenizer.encode(prefix + sentence).getIds();
    long largest = LongStream.of(ids).max().orElse(0);
    if (largest >= vocabulary) {
      throw new BadInputException(
          file, "belongs to another model: token " + largest + " of only " + vocabulary);
    }
    return LongStream.of(ids).mapToInt(Math::toIntExact).toArray();
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
