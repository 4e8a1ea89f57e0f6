package dev.bitfold.examples.embeddings;

import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.load.MiniLmLoader;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.util.OptionalInt;

/** The model of the class path, read once for all tests. */
public final class MiniLmFixture {
  public static final InputFile FILE = InputFile.ofResource("all-minilm-l6-v2.onnx");
  public static final InputFile TOKENIZER_FILE =
      InputFile.ofResource("all-minilm-l6-v2-tokenizer.json");
  public static final MiniLm MODEL = MiniLmLoader.load(FILE, Pooling.MEAN, OptionalInt.empty());
  public static final Tokenizer TOKENIZER = tokenizer("", 256);

  private MiniLmFixture() {}

  public static Tokenizer tokenizer(String prefix, int maxLength) {
    return new Tokenizer(TOKENIZER_FILE, prefix, maxLength, MODEL.embeddings().vocabulary());
  }
}
