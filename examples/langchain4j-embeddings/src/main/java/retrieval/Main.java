package retrieval;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Quantizes a sentence encoder to int8, uses the new file as LangChain4j's embedding model, and
 * checks that a search finds the same sentences as with the float model.
 */
public final class Main {
  private static final Path TARGET = Path.of("target");
  private static final int QUERIES = 100;
  private static final int SHOWN = 3;

  private Main() {}

  public static void main(String[] args) throws IOException {
    Path onnx = copied("all-minilm-l6-v2.onnx");
    Path tokenizer = copied("all-minilm-l6-v2-tokenizer.json");
    Path int8 = TARGET.resolve("encoder-int8.onnx");
    System.out.println(Quantization.run(onnx, tokenizer, sentences("train", 0), int8));

    List<String> texts = sentences("test", 0);
    List<String> queries = sentences("test", 1).subList(0, QUERIES);
    Search floats = new Search(model(onnx, tokenizer), texts);
    Search quantized = new Search(model(int8, tokenizer), texts);
    int sameFirst = 0;
    int sameAll = 0;
    for (String query : queries) {
      List<String> expected = floats.best(query);
      List<String> found = quantized.best(query);
      sameAll += found.equals(expected) ? 1 : 0;
      if (found.get(0).equals(expected.get(0))) {
        sameFirst++;
      } else {
        System.out.printf("%s%n  float: %s%n  int8:  %s%n", query, expected.get(0), found.get(0));
      }
    }
    System.out.printf(
        "%d bytes of %d; of %d queries over %d sentences, %d have the same first answer, and %d the"
            + " same %d in the same order%n",
        Files.size(int8),
        Files.size(onnx),
        queries.size(),
        texts.size(),
        sameFirst,
        sameAll,
        SHOWN);
    if (sameFirst < queries.size()) {
      System.exit(1);
    }
  }

  private static EmbeddingModel model(Path onnx, Path tokenizer) {
    return new OnnxEmbeddingModel(onnx, tokenizer, PoolingMode.MEAN);
  }

  /** Texts and their vectors. */
  private record Search(EmbeddingModel model, List<String> texts, List<Embedding> vectors) {
    Search(EmbeddingModel model, List<String> texts) {
      this(model, texts, model.embedAll(texts.stream().map(TextSegment::from).toList()).content());
    }

    /** The texts that are nearest to a query, the nearest first. */
    List<String> best(String query) {
      Embedding vector = model.embed(query).content();
      return IntStream.range(0, texts.size())
          .boxed()
          .sorted(Comparator.comparing(i -> -CosineSimilarity.between(vectors.get(i), vector)))
          .limit(SHOWN)
          .map(texts::get)
          .toList();
    }
  }

  /** The first or second sentences of the pairs of news that people judged. */
  private static List<String> sentences(String split, int column) throws IOException {
    String name = "/datasets/semeval-2012/" + split + "/STS.input.MSRpar.txt";
    Set<String> distinct = new LinkedHashSet<>();
    try (InputStream in = resource(name)) {
      new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> distinct.add(line.split("\t")[column]));
    }
    return List.copyOf(distinct);
  }

  private static Path copied(String name) throws IOException {
    Path file = TARGET.resolve(name);
    try (InputStream in = resource("/" + name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  private static InputStream resource(String name) {
    return Objects.requireNonNull(Main.class.getResourceAsStream(name), name);
  }
}
