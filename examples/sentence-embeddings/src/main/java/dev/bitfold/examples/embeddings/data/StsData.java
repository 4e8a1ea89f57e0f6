package dev.bitfold.examples.embeddings.data;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * SemEval 2012 task 6 (semantic textual similarity), from the jar of DKPro Similarity: sentence
 * pairs as {@code first TAB second} in UTF-8, and one gold score a line in a file beside it.
 */
public final class StsData {
  private static final List<String> TRAIN = List.of("MSRpar", "MSRvid", "SMTeuroparl");
  private static final List<String> TEST =
      List.of("MSRpar", "MSRvid", "SMTeuroparl", "OnWN", "SMTnews");

  private StsData() {}

  /** The 2234 training pairs. */
  public static List<SentencePair> train() {
    return read("train", TRAIN);
  }

  /** The 3108 test pairs, in the order of the task's ALL file. */
  public static List<SentencePair> test() {
    return read("test", TEST);
  }

  /** Every n-th pair, beginning with the first. */
  public static List<SentencePair> every(int n, List<SentencePair> pairs) {
    return IntStream.range(0, pairs.size()).filter(i -> i % n == 0).mapToObj(pairs::get).toList();
  }

  /** Each distinct sentence of the pairs, in order. */
  public static List<String> sentences(List<SentencePair> pairs) {
    Set<String> distinct = new LinkedHashSet<>();
    for (SentencePair pair : pairs) {
      distinct.add(pair.first());
      distinct.add(pair.second());
    }
    return List.copyOf(distinct);
  }

  /**
   * Sentences of the training split, spread evenly over it: always the same ones.
   *
   * @param count how many, at least 1 and at most as many as there are distinct ones
   */
  public static List<String> calibration(int count) {
    List<String> all = sentences(train());
    if (count < 1 || count > all.size()) {
      throw new IllegalArgumentException(
          "calibration takes 1 to " + all.size() + " sentences, not " + count);
    }
    return IntStream.range(0, count)
        .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
        .toList();
  }

  private static List<SentencePair> read(String split, List<String> sets) {
    List<SentencePair> pairs = new ArrayList<>();
    for (String set : sets) {
      List<String> inputs = lines("/datasets/semeval-2012/" + split + "/STS.input." + set + ".txt");
      List<String> gold = lines("/goldstandards/semeval-2012/" + split + "/STS.gs." + set + ".txt");
      if (inputs.size() != gold.size()) {
        throw new IllegalStateException(
            "STS 2012 " + set + ": " + inputs.size() + " pairs, " + gold.size() + " gold scores");
      }
      for (int i = 0; i < inputs.size(); i++) {
        String[] fields = inputs.get(i).split("\t", -1);
        if (fields.length != 2) {
          throw new IllegalStateException("STS 2012 " + set + ", line " + (i + 1) + ": no pair");
        }
        pairs.add(new SentencePair(fields[0], fields[1], Double.parseDouble(gold.get(i))));
      }
    }
    return List.copyOf(pairs);
  }

  private static List<String> lines(String resource) {
    try (InputStream in = StsData.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("not on the class path: " + resource);
      }
      // A decoder that fails on bytes that are not UTF-8, rather than replace them.
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder()))
          .lines()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
