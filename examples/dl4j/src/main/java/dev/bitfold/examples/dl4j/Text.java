package dev.bitfold.examples.dl4j;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The longest licence among the jars of the class path, as characters to predict from those before.
 *
 * @param characters all that occur, in the order of their indices
 * @param train batches of [n, characters, length]
 * @param test batches of a part that is not trained on
 */
record Text(String characters, List<DataSet> train, List<DataSet> test) {
  private static final int LENGTH = 50;
  private static final int BATCH = 32;

  /** One sequence in so many is kept for testing. */
  private static final int TEST_EVERY = 8;

  static Text load() throws IOException {
    String text = "";
    for (URL url :
        Collections.list(Text.class.getClassLoader().getResources("META-INF/LICENSE.txt"))) {
      try (InputStream in = url.openStream()) {
        String other = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        text = other.length() > text.length() ? other : text;
      }
    }
    return of(text.replaceAll("\\s+", " "));
  }

  private static Text of(String text) {
    String characters =
        text.chars()
            .distinct()
            .sorted()
            .mapToObj(Character::toString)
            .collect(Collectors.joining());
    List<String> train = new ArrayList<>();
    List<String> test = new ArrayList<>();
    for (int from = 0; from + LENGTH < text.length(); from += LENGTH) {
      boolean kept = from / LENGTH % TEST_EVERY == TEST_EVERY - 1;
      (kept ? test : train).add(text.substring(from, from + LENGTH + 1));
    }
    return new Text(characters, batches(train, characters), batches(test, characters));
  }

  private static List<DataSet> batches(List<String> sequences, String characters) {
    List<DataSet> batches = new ArrayList<>();
    for (int from = 0; from < sequences.size(); from += BATCH) {
      List<String> some = sequences.subList(from, Math.min(from + BATCH, sequences.size()));
      long[] shape = {some.size(), characters.length(), LENGTH};
      INDArray x = Nd4j.zeros(DataType.FLOAT, shape);
      INDArray next = Nd4j.zeros(DataType.FLOAT, shape);
      for (int i = 0; i < some.size(); i++) {
        for (int t = 0; t < LENGTH; t++) {
          x.putScalar(i, characters.indexOf(some.get(i).charAt(t)), t, 1);
          next.putScalar(i, characters.indexOf(some.get(i).charAt(t + 1)), t, 1);
        }
      }
      batches.add(new DataSet(x, next));
    }
    return batches;
  }
}
