package dev.bitfold.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Passes;
import dev.bitfold.spark.SparkPasses;
import dev.bitfold.toy.ToyStack;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs passes on a standalone cluster: a master and two workers as processes of their own. */
@Tag("any-jdk")
@Tag("slow")
class ClusterTest {
  private static final List<INDArray> BATCHES = Toys.batches();
  @TempDir Path folder;

  private static Passes.Step<ToyStack, INDArray> slow() {
    return (m, x) -> {
      TimeUnit.MILLISECONDS.sleep(20);
      return m.forward(x);
    };
  }

  @Test
  void twoWorkersGiveTheStateFileOfNone() throws IOException, InterruptedException {
    try (StandaloneCluster cluster = new StandaloneCluster(folder, 2);
        JavaSparkContext spark = new JavaSparkContext(cluster.conf())) {
      for (int partitions : new int[] {2, 4}) {
        assertArrayEquals(
            Toys.file(Passes.of(BATCHES), folder),
            Toys.file(SparkPasses.on(spark.parallelize(BATCHES, partitions), Toys::plan), folder));
      }
      anotherModelIsNamed(spark);
    }
  }

  private static void anotherModelIsNamed(JavaSparkContext spark) {
    Passes<INDArray> other =
        SparkPasses.on(
            spark.parallelize(BATCHES, 4), () -> ToyStack.plan(ToyStack.random(6, 16, 24, 8)));
    String message =
        assertThrows(
                CalibrationException.class, () -> Toys.plan().calibrate(other, ToyStack::forward))
            .getMessage();
    assertTrue(
        message.contains("holds another model than the driver: layers.0.weight has other values"),
        message);
    Passes<INDArray> failing =
        SparkPasses.on(
            spark.parallelize(BATCHES, 4),
            () -> {
              throw new IOException("no such file: model.bin");
            });
    message =
        assertThrows(
                CalibrationException.class, () -> Toys.plan().calibrate(failing, ToyStack::forward))
            .getMessage();
    assertTrue(
        message.contains("the supplier of the model failed: no such file: model.bin"), message);
  }

  @Test
  void aWorkerThatIsKilledDuringAPassChangesNothing() throws IOException, InterruptedException {
    AtomicBoolean killed = new AtomicBoolean();
    try (StandaloneCluster cluster = new StandaloneCluster(folder, 2);
        JavaSparkContext spark = new JavaSparkContext(cluster.conf())) {
      Passes<INDArray> passes = SparkPasses.on(spark.parallelize(BATCHES, 16), Toys::plan);
      Calibration<ToyStack> calibration =
          Toys.plan()
              .withProgress(
                  progress -> {
                    boolean amid = progress.done() > 0 && progress.done() < BATCHES.size();
                    if (amid && cluster.executors().size() == 2 && !killed.getAndSet(true)) {
                      cluster.kill(0);
                    }
                  })
              .calibrate(passes, slow());
      assertTrue(killed.get(), "a worker was killed while the pass ran");
      assertArrayEquals(Toys.file(Passes.of(BATCHES), folder), Toys.file(calibration, folder));
    }
  }

  @Test
  void anotherVersionOfBitfoldIsNamed()
      throws IOException, InterruptedException, URISyntaxException {
    Path other = folder.resolve("other");
    copy(Path.of(Plan.class.getProtectionDomain().getCodeSource().getLocation().toURI()), other);
    Files.write(other.resolve("dev/bitfold/Added.class"), new byte[] {1, 2, 3});
    try (StandaloneCluster cluster = new StandaloneCluster(folder, 1);
        JavaSparkContext spark =
            new JavaSparkContext(
                cluster
                    .conf()
                    .set(
                        "spark.executor.extraClassPath",
                        other + File.pathSeparator + System.getProperty("java.class.path")))) {
      Passes<INDArray> passes = SparkPasses.on(spark.parallelize(BATCHES, 2), Toys::plan);
      String message =
          assertThrows(
                  CalibrationException.class,
                  () -> Toys.plan().calibrate(passes, ToyStack::forward))
              .getMessage();
      assertTrue(
          message.matches("executor \\S+ has another version of Bitfold than the driver .*"),
          message);
    }
  }

  /** Copies the classes of a jar or a folder into a folder. */
  private static void copy(Path place, Path to) throws IOException {
    try (FileSystem jar = Files.isDirectory(place) ? null : FileSystems.newFileSystem(place);
        Stream<Path> files =
            Files.walk((jar == null ? place : jar.getPath("/")).resolve("dev/bitfold"))) {
      Path root = jar == null ? place : jar.getPath("/");
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path target = to.resolve(root.relativize(file).toString());
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }
}
