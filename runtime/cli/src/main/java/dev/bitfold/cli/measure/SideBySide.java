package dev.bitfold.cli.measure;

import dev.bitfold.cli.input.BadInputException;
import dev.bitfold.onnx.model.data.FeedInput;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What two files compute of the same data, and in which time.
 *
 * @param a the first file
 * @param b the second one
 * @param data what they ran on
 * @param outputs by name
 * @param timing on the largest batch
 * @param invariance of both files; empty unless both take tokens
 */
public record SideBySide(
    FileFacts a,
    FileFacts b,
    String data,
    long batches,
    Map<String, Figures> outputs,
    Timing timing,
    List<Invariance> invariance) {
  /**
   * A file.
   *
   * @param bytes with those of the files that keep its weights
   */
  public record FileFacts(String path, long bytes) {}

  /** Keeps the order. */
  public SideBySide {
    outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    invariance = List.copyOf(invariance);
  }

  /** Returns the inputs of both files, each once. */
  public static List<FeedInput> inputs(OrtFile a, OrtFile b) {
    Map<String, FeedInput> all = new LinkedHashMap<>();
    for (FeedInput input : a.inputs()) {
      all.put(input.name(), input);
    }
    for (FeedInput input : b.inputs()) {
      FeedInput other = all.putIfAbsent(input.name(), input);
      if (other != null && other.type() != input.type()) {
        throw new BadInputException(
            a.path() + " and " + b.path() + " take other types: " + other + " and " + input);
      }
    }
    return List.copyOf(all.values());
  }

  /**
   * Runs both files.
   *
   * @param feeds the batches, with what either file takes
   * @param data their name
   * @param progress is told how many batches are done
   * @throws BadInputException if there is no batch, the files have no output in common, or one does
   *     not run
   */
  public static SideBySide of(
      OrtFile a,
      OrtFile b,
      Iterable<Map<String, INDArray>> feeds,
      String data,
      Measuring how,
      LongConsumer progress)
      throws IOException {
    Map<String, OutputError> errors = new LinkedHashMap<>();
    Map<String, INDArray> largest = Map.of();
    long most = -1;
    long batches = 0;
    for (Map<String, INDArray> feed : feeds) {
      add(a.run(feed), b.run(feed), feed, how.pooling(), errors);
      long size = feed.values().stream().mapToLong(INDArray::length).sum();
      if (size > most) {
        most = size;
        largest = feed;
      }
      progress.accept(++batches);
    }
    if (batches == 0) {
      throw new BadInputException(data + ": holds no batch");
    }
    if (errors.isEmpty()) {
      throw new BadInputException(a.path() + " and " + b.path() + ": have no output in common");
    }
    Map<String, Figures> figures = new LinkedHashMap<>();
    errors.forEach((name, error) -> figures.put(name, error.figures()));
    List<Invariance> invariance = new ArrayList<>();
    if (Invariance.isMeasurable(a) && Invariance.isMeasurable(b)) {
      Optional<Invariance> first = Invariance.of(a, feeds, how.pooling(), how.texts());
      first.ifPresent(invariance::add);
      if (first.isPresent()) {
        Invariance.of(b, feeds, how.pooling(), how.texts()).ifPresent(invariance::add);
      }
    }
    return new SideBySide(
        facts(a.path()),
        facts(b.path()),
        data,
        batches,
        figures,
        Timing.of(a, b, largest, rows(largest)),
        invariance);
  }

  private static void add(
      Map<String, Output> one,
      Map<String, Output> two,
      Map<String, INDArray> feed,
      Pooling pooling,
      Map<String, OutputError> errors) {
    Optional<Mask> mask = Mask.of(feed);
    one.forEach(
        (name, x) -> {
          Output y = two.get(name);
          if (y != null) {
            errors
                .computeIfAbsent(name, OutputError::new)
                .add(
                    mask.map(m -> pooling.of(x, m)).orElse(x),
                    mask.map(m -> pooling.of(y, m)).orElse(y),
                    rows(feed),
                    mask);
          }
        });
  }

  private static long rows(Map<String, INDArray> feed) {
    return feed.values().stream()
        .filter(x -> x.rank() > 0)
        .mapToLong(x -> x.size(0))
        .max()
        .orElse(1);
  }

  private static FileFacts facts(Path path) throws IOException {
    return new FileFacts(path.toString(), Files.size(path));
  }
}
