package dev.bitfold.examples.embeddings;

import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.load.MiniLmLoader;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The model of the class path, read once for all tests. */
public final class MiniLmFixture {
  public static final InputFile FILE = InputFile.ofResource("all-minilm-l6-v2.onnx");
  public static final InputFile TOKENIZER_FILE =
      InputFile.ofResource("all-minilm-l6-v2-tokenizer.json");
  public static final MiniLm MODEL = MiniLmLoader.load(FILE, Pooling.MEAN, OptionalInt.empty());
  public static final Tokenizer TOKENIZER = tokenizer("", 256);

  private MiniLmFixture() {}

  /** Small batches of different lengths. */
  public static List<Batch> batches(int count, int size) {
    List<String> sentences = new ArrayList<>(StsData.calibration(count * size));
    sentences.sort(Comparator.comparingInt(String::length));
    return IntStream.range(0, count)
        .mapToObj(i -> Batch.of(TOKENIZER.encode(sentences.subList(i * size, (i + 1) * size))))
        .toList();
  }

  public static Tokenizer tokenizer(String prefix, int maxLength) {
    return new Tokenizer(TOKENIZER_FILE, prefix, maxLength, MODEL.embeddings().vocabulary());
  }
}
