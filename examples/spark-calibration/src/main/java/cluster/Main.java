package cluster;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.Passes;
import dev.bitfold.calibration.Progress;
import dev.bitfold.onnx.export.OnnxQdq.Exported;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.spark.SparkPasses;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Calibrates, smooths and exports a sentence encoder on a Spark cluster, and measures both files on
 * it.
 *
 * <p>Arguments: the number of sentences (all by default); {@code --local} to calibrate without
 * Spark, too, and compare the bytes; {@code --timing} to time the first pass alone, several times.
 */
public final class Main {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final int PARTITIONS = 16;

  /** In the first rounds, executors start, open the model and compile. */
  private static final int ROUNDS = 6;

  private Main() {}

  public static void main(String[] args) throws Exception {
    List<String> arguments = Arrays.asList(args);
    int count =
        arguments.stream()
            .filter(argument -> !argument.startsWith("--"))
            .mapToInt(Integer::parseInt)
            .findFirst()
            .orElse(Integer.MAX_VALUE);
    SparkSession spark = SparkSession.builder().appName("spark-calibration").getOrCreate();
    try {
      run(spark, count, arguments);
    } finally {
      spark.stop();
    }
  }

  private static void run(SparkSession spark, int count, List<String> arguments)
      throws Exception {
    String parquet = TARGET.resolve("sentences.parquet").toString();
    write(spark, parquet);
    JavaRDD<String> sentences =
        spark
            .read()
            .parquet(parquet)
            .orderBy("text")
            .limit(count)
            .repartition(PARTITIONS)
            .as(Encoders.STRING())
            .toJavaRDD()
            .cache();
    System.out.println(sentences.count() + " sentences in " + PARTITIONS + " partitions");

    Passes<Map<String, INDArray>> passes =
        SparkPasses.on(sentences.map(Encoder::batch), Encoder::plan);
    if (arguments.contains("--timing")) {
      time(passes);
      return;
    }
    Quantized<OnnxModel> int8 = quantized(passes);
    Path state = TARGET.resolve("encoder.safetensors");
    Files.deleteIfExists(state);
    int8.save(state);
    Path file = TARGET.resolve("encoder-int8.onnx");
    Exported written = OnnxModel.export(int8, file);
    System.out.println(int8.summary().totals());
    System.out.println("proof: " + written.proof());
    evaluate(spark, file);

    if (arguments.contains("--local")) {
      List<Map<String, INDArray>> same =
          sentences.collect().stream().map(Encoder::batch).toList();
      Path other = TARGET.resolve("encoder-local.safetensors");
      Files.deleteIfExists(other);
      quantized(Passes.of(same)).save(other);
      System.out.println(
          "without Spark, the state file is "
              + (Files.mismatch(state, other) < 0 ? "the same" : "ANOTHER ONE"));
    }
  }

  /** Writes each distinct sentence of the training pairs and of the test pairs. */
  private static void write(SparkSession spark, String parquet) throws IOException {
    Set<String> distinct = new LinkedHashSet<>();
    for (List<Row> pairs : List.of(Pairs.train(), Pairs.test())) {
      for (Row pair : pairs) {
        distinct.add(pair.getString(0));
        distinct.add(pair.getString(1));
      }
    }
    spark
        .createDataset(List.copyOf(distinct), Encoders.STRING())
        .toDF("text")
        .write()
        .mode("overwrite")
        .parquet(parquet);
  }

  private static Quantized<OnnxModel> quantized(Passes<Map<String, INDArray>> passes)
      throws IOException {
    Timed timed = new Timed();
    Calibration<OnnxModel> calibration =
        Encoder.plan().withProgress(timed).calibrate(passes, OnnxModel::forward);
    Quantized<OnnxModel> quantized = calibration.smoothQuant().correctBiases().freeze();
    timed.end();
    return quantized;
  }

  /** Times the first pass. */
  private static void time(Passes<Map<String, INDArray>> passes) throws IOException {
    for (int i = 0; i < ROUNDS; i++) {
      Timed timed = new Timed();
      Encoder.plan().withProgress(timed).calibrate(passes, OnnxModel::forward);
      timed.end();
    }
  }

  /** Prints how long each stage takes, until its last batch. */
  private static final class Timed implements Progress.Listener {
    private String stage = "";
    private long begun;
    private long last;

    @Override
    public void onProgress(Progress progress) {
      if (progress.done() == 0) {
        end();
        stage = progress.stage();
        begun = System.nanoTime();
      }
      last = System.nanoTime();
    }

    void end() {
      if (!stage.isEmpty()) {
        System.out.printf(Locale.ROOT, "%-30s %6.1f s%n", stage, (last - begun) / 1e9);
      }
      stage = "";
    }
  }

  /** Prints how both files rank the test pairs, and how near the vectors of both are. */
  private static void evaluate(SparkSession spark, Path int8) throws IOException {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Scores floats;
    try (InputStream file =
        Objects.requireNonNull(Main.class.getResourceAsStream(Encoder.FILE), Encoder.FILE)) {
      floats = new Scores("float", context.broadcast(file.readAllBytes()));
    }
    Scores quantized = new Scores("int8", context.broadcast(Files.readAllBytes(int8)));
    List<double[]> scores =
        spark
            .createDataFrame(Pairs.test(), Pairs.SCHEMA)
            .repartition(PARTITIONS)
            .toJavaRDD()
            .map(
                pair ->
                    new double[] {
                      pair.getDouble(2),
                      floats.cosine(pair.getString(0), pair.getString(1)),
                      quantized.cosine(pair.getString(0), pair.getString(1)),
                      Scores.cosine(
                          floats.embedding(pair.getString(0)),
                          quantized.embedding(pair.getString(0)))
                    })
            .collect();
    SpearmansCorrelation rank = new SpearmansCorrelation();
    System.out.printf(
        Locale.ROOT,
        "%d pairs: rank correlation %.4f in float, %.4f in int8; mean cosine of both vectors %.4f%n",
        scores.size(),
        rank.correlation(column(scores, 0), column(scores, 1)),
        rank.correlation(column(scores, 0), column(scores, 2)),
        Arrays.stream(column(scores, 3)).average().orElseThrow());
  }

  private static double[] column(List<double[]> rows, int column) {
    return rows.stream().mapToDouble(row -> row[column]).toArray();
  }
}
