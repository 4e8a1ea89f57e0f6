package cluster;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Reads SemEval STS 2012: pairs of sentences, and how similar people find them. */
final class Pairs {
  static final StructType SCHEMA =
      new StructType()
          .add("first", DataTypes.StringType)
          .add("second", DataTypes.StringType)
          .add("gold", DataTypes.DoubleType);

  private Pairs() {}

  /** Returns the training pairs. */
  static List<Row> train() throws IOException {
    return read("train", List.of("MSRpar", "MSRvid", "SMTeuroparl"));
  }

  /** Returns the test pairs. */
  static List<Row> test() throws IOException {
    return read("test", List.of("MSRpar", "MSRvid", "SMTeuroparl", "OnWN", "SMTnews"));
  }

  private static List<Row> read(String split, List<String> sets) throws IOException {
    List<Row> pairs = new ArrayList<>();
    for (String set : sets) {
      List<String> texts = lines("/datasets/semeval-2012/" + split + "/STS.input." + set + ".txt");
      List<String> gold =
          lines("/goldstandards/semeval-2012/" + split + "/STS.gs." + set + ".txt");
      for (int i = 0; i < texts.size(); i++) {
        String[] pair = texts.get(i).split("\t", -1);
        pairs.add(RowFactory.create(pair[0], pair[1], Double.valueOf(gold.get(i))));
      }
    }
    return pairs;
  }

  private static List<String> lines(String resource) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(Pairs.class.getResourceAsStream(resource), resource)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }
}
