package dev.bitfold.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.Passes;
import dev.bitfold.spark.SparkPasses;
import dev.bitfold.toy.ToyStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Measures the memory of driver and executors for more and more simulated batches. {@code
 * -Dbatches=1000000} measures up to a million, for the table of docs/cluster.md.
 */
@Tag("any-jdk")
@Tag("slow")
class MemoryCurveTest {
  private static final long MIB = 1 << 20;
  @TempDir Path folder;

  /** Holds what was measured, in MiB. */
  private record Point(long batches, double seconds, long driver, long executors) {}

  @Test
  void memoryDoesNotGrowWithTheNumberOfBatches() throws IOException, InterruptedException {
    long most = Long.getLong("batches", 10_000);
    List<Point> curve = new ArrayList<>();
    try (StandaloneCluster cluster = new StandaloneCluster(folder, 2);
        JavaSparkContext spark = new JavaSparkContext(cluster.conf())) {
      for (long batches = 1000; batches <= most; batches *= 10) {
        curve.add(measured(cluster, spark, batches));
        if (batches < most && batches * 10 > most) {
          curve.add(measured(cluster, spark, most));
        }
      }
    }
    for (Point point : curve) {
      System.out.printf(
          Locale.ROOT,
          "%8d batches: %6.1f s, driver's heap %d MiB, executors' memory at most %d MiB%n",
          point.batches(),
          point.seconds(),
          point.driver(),
          point.executors());
    }
    Point first = curve.get(0);
    Point last = curve.get(curve.size() - 1);
    assertTrue(last.driver() <= first.driver() + 32, curve.toString());
    // The heap of an executor is bounded by its setting; what is beside it may not grow.
    assertTrue(last.executors() <= 1100, curve.toString());
  }

  private static Point measured(StandaloneCluster cluster, JavaSparkContext spark, long batches)
      throws IOException {
    JavaRDD<INDArray> simulated =
        SparkSession.builder()
            .sparkContext(spark.sc())
            .getOrCreate()
            .range(0, batches, 1, 8)
            .toJavaRDD()
            .map(MemoryCurveTest::batch);
    Passes<INDArray> passes = SparkPasses.on(simulated, Toys::plan);
    long begun = System.nanoTime();
    Calibration<ToyStack> calibration = Toys.plan().calibrate(passes, ToyStack::forward);
    double seconds = (System.nanoTime() - begun) / 1e9;
    System.gc();
    Runtime jvm = Runtime.getRuntime();
    long driver = (jvm.totalMemory() - jvm.freeMemory()) / MIB;
    long executors = 0;
    for (ProcessHandle executor : cluster.executors()) {
      executors = Math.max(executors, peak(executor));
    }
    assertTrue(calibration.toString().contains(batches + " batches"), calibration.toString());
    return new Point(batches, seconds, driver, executors);
  }

  private static INDArray batch(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[64];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return Nd4j.createFromArray(values).reshape(4, 16);
  }

  /** Returns the peak of the resident memory of a process on Linux, in MiB. */
  private static long peak(ProcessHandle process) throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .sum();
  }
}
