package dev.bitfold.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Passes;
import dev.bitfold.calibration.Progress;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.spark.SparkPasses;
import dev.bitfold.toy.ToyStack;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Runs passes on Spark in this JVM, and compares the bytes with those without Spark. */
@Tag("any-jdk")
class SparkPassesTest {
  private static JavaSparkContext spark;
  private static List<INDArray> batches;
  private static final AtomicInteger FAILURES = new AtomicInteger();
  @TempDir Path folder;

  @BeforeAll
  static void start() {
    SparkConf conf =
        new SparkConf()
            .setMaster("local[2,4]")
            .setAppName("bitfold")
            .set("spark.ui.enabled", "false")
            .set("spark.driver.bindAddress", "127.0.0.1")
            .set("spark.driver.host", "127.0.0.1");
    spark = new JavaSparkContext(conf);
    batches = Toys.batches();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static Passes<INDArray> passes(List<INDArray> some, int partitions) {
    return SparkPasses.on(spark.parallelize(some, partitions), Toys::plan);
  }

  @Test
  void theStateFileIsTheSameForAnyPartitionsAndOrder() throws IOException {
    byte[] local = Toys.file(Passes.of(batches), folder);
    assertArrayEquals(local, Toys.file(passes(batches, 1), folder));
    for (int partitions : new int[] {2, 4}) {
      List<INDArray> shuffled = new ArrayList<>(batches);
      Collections.shuffle(shuffled, new Random(partitions));
      assertArrayEquals(local, Toys.file(passes(shuffled, partitions), folder));
    }
  }

  @Test
  void soItIsWithEmptyPartitionsAndSoManyThatTheyAreMergedOnExecutors() throws IOException {
    assertArrayEquals(
        Toys.file(Passes.of(batches), folder), Toys.file(passes(batches, 100), folder));
  }

  @Test
  void soItIsWhereTasksFailAndAreRepeated() throws IOException {
    Passes.Step<ToyStack, INDArray> failing =
        (m, x) -> {
          int run = FAILURES.incrementAndGet();
          if (run == 5 || run == 60) {
            throw new IllegalStateException("a machine is out of order");
          }
          return m.forward(x);
        };
    FAILURES.set(0);
    Calibration<ToyStack> calibration = Toys.plan().calibrate(passes(batches, 8), failing);
    assertTrue(FAILURES.get() > batches.size() + 2, "some tasks were repeated");
    assertEquals(
        Toys.plan().calibrate(Passes.of(batches), ToyStack::forward).freeze().summary().toJson(),
        calibration.freeze().summary().toJson());
  }

  @Test
  void diagnosisIsTheSame() {
    assertEquals(
        Toys.plan()
            .calibrate(Passes.of(batches), ToyStack::forward)
            .smoothQuant()
            .diagnose()
            .toJson(),
        Toys.plan()
            .calibrate(passes(batches, 3), ToyStack::forward)
            .smoothQuant()
            .diagnose()
            .toJson());
  }

  @Test
  void rowsOfADataSetBecomeBatches() {
    SparkSession session = SparkSession.builder().sparkContext(spark.sc()).getOrCreate();
    Dataset<Row> rows =
        session.createDataset(List.of(1L, 2L, 3L, 4L, 5L, 6L), Encoders.LONG()).toDF("seed");
    Passes<INDArray> passes =
        SparkPasses.on(
            rows.repartition(2),
            some -> {
              List<INDArray> made = new ArrayList<>();
              some.forEachRemaining(row -> made.add(ramp(row.getLong(0))));
              return made.iterator();
            },
            Toys::plan);
    List<INDArray> same = new ArrayList<>();
    for (long seed = 1; seed <= 6; seed++) {
      same.add(ramp(seed));
    }
    assertEquals(
        Toys.plan().calibrate(Passes.of(same), ToyStack::forward).freeze().summary().toJson(),
        Toys.plan().calibrate(passes, ToyStack::forward).freeze().summary().toJson());
  }

  private static INDArray ramp(long seed) {
    return Nd4j.linspace(-seed, seed, 64)
        .castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT)
        .reshape(4, 16);
  }

  @Test
  void nanIsNamedByPartitionAndBatchOnTheDriver() {
    List<INDArray> bad = new ArrayList<>(batches);
    bad.set(7, batches.get(7).dup());
    bad.get(7).putScalar(2, 3, Float.NaN);
    String message = refused(() -> Toys.plan().calibrate(passes(bad, 30), ToyStack::forward));
    assertTrue(message.startsWith("partition 2, batch 1: layers.0.x (ToyDense"), message);
    assertTrue(message.contains("the first at [2, 3]"), message);
  }

  @Test
  void aMovingAverageIsRefusedBeforeAnythingRuns() {
    String message =
        refused(
            () ->
                Toys.plan()
                    .describe(
                        "layers.0.x", QuantDescriptor.builder().calib(Calib.MOVING_AVERAGE).build())
                    .calibrate(
                        passes(batches, 2),
                        (m, x) -> {
                          throw new AssertionError("nothing runs");
                        }));
    assertTrue(message.startsWith("layers.0.x (ToyDense"), message);
    assertTrue(message.contains("MOVING_AVERAGE depends on the order"), message);
  }

  @Test
  void aForwardThatGivesOtherValuesEachTimeIsNamedWithItsLayer() {
    String message =
        refused(
            () ->
                Toys.plan()
                    .calibrate(
                        passes(batches, 2),
                        (m, x) -> m.forward(x.add((System.nanoTime() % 1000) * 1e-3))));
    assertTrue(message.contains("the first to differ is layers.0"), message);
  }

  @Test
  void noDataAreRefused() {
    for (Passes<INDArray> none :
        List.of(
            passes(List.of(), 3),
            SparkPasses.<INDArray>on(spark.<INDArray>emptyRDD(), Toys::plan))) {
      assertEquals(
          "there are no calibration batches",
          refused(() -> Toys.plan().calibrate(none, ToyStack::forward)));
    }
  }

  @Test
  void whatCannotBeSentIsNamed() {
    ToyStack model = ToyStack.random(5, 16, 24, 8);
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> SparkPasses.on(spark.parallelize(batches, 2), () -> ToyStack.plan(model)));
    assertTrue(e.getMessage().contains("the supplier of the model cannot be sent"), e.getMessage());
    assertTrue(e.getMessage().contains("dev.bitfold.toy.ToyStack"), e.getMessage());
    e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                Toys.plan()
                    .calibrate(passes(batches, 2), (ToyStack m, INDArray x) -> model.forward(x)));
    assertTrue(e.getMessage().contains("the pass with its forward function"), e.getMessage());
  }

  @Test
  void theDriverIsToldOfProgress() {
    List<Progress> told = new ArrayList<>();
    Thread driver = Thread.currentThread();
    Toys.plan()
        .withProgress(
            progress -> {
              assertEquals(driver, Thread.currentThread());
              told.add(progress);
            })
        .calibrate(passes(batches, 4), ToyStack::forward);
    assertEquals("calibrating", told.get(0).stage());
    assertEquals(0, told.get(0).done());
    assertEquals(batches.size(), told.get(told.size() - 1).done());
  }

  private static String refused(Runnable step) {
    return assertThrows(CalibrationException.class, step::run).getMessage();
  }
}
