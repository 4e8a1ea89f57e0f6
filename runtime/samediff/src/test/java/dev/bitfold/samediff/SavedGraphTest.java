package dev.bitfold.samediff;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;

/**
 * Checks that a saved trained graph runs in another process in which nothing has been registered.
 */
@Tag("slow")
@Tag("any-jdk")
class SavedGraphTest {
  @ParameterizedTest(name = "with Bitfold on the class path: {0}")
  @ValueSource(booleans = {true, false})
  void runsInAFreshProcess(boolean bitfold, @TempDir Path folder) throws Exception {
    SameDiff sd = trained();
    File graph = folder.resolve("graph.fb").toFile();
    sd.save(graph, true);
    INDArray x = Nd4j.randn(DataType.FLOAT, 9, 6);
    INDArray expected = sd.output(Map.of("x", x), "h").get("h");
    File input = folder.resolve("x.npy").toFile();
    Nd4j.writeAsNumpy(x, input);
    File output = folder.resolve("h.npy").toFile();

    run(folder, bitfold, graph, input, output);
    INDArray actual = Nd4j.readNpy(output);
    FakeQuantValuesTest.assertSameBits(expected, expected, actual, "in another process");
  }

  private static SameDiff trained() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 6);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 4);
    SDVariable w = sd.var("w", Nd4j.randn(DataType.FLOAT, 6, 4));
    QuantDescriptor.Builder four = QuantDescriptor.builder().bits(4).calib(Calib.MSE).ste(Ste.LSQ);
    SDVariable input = QuantSameDiff.fakeQuant(sd, x, four.build());
    SDVariable weight = QuantSameDiff.fakeQuant(sd, w, four.axis(1).build());
    SDVariable h = input.mmul("h", weight);
    h.sub(y).mul(h.sub(y)).mean("loss", false, 0, 1).markAsLoss();
    INDArray data = Nd4j.randn(DataType.FLOAT, 64, 6);
    INDArray labels = data.mmul(Nd4j.randn(DataType.FLOAT, 6, 4));
    QuantSameDiff.calibrate(sd, List.of(Map.of("x", data)), "h");
    sd.setTrainingConfig(
        new TrainingConfig.Builder()
            .updater(new Adam(0.02))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    for (int i = 0; i < 10; i++) {
      sd.fit(new DataSet(data, labels));
    }
    return sd;
  }

  private static void run(Path folder, boolean bitfold, File... files) throws Exception {
    String classPath =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> bitfold || !isBitfold(entry))
            .collect(Collectors.joining(File.pathSeparator));
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                GraphRunner.class.getName(),
                files[0].toString(),
                files[1].toString(),
                files[2].toString(),
                bitfold ? "yes" : "no")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      boolean ended = process.waitFor(2, TimeUnit.MINUTES);
      assertEquals(0, ended ? process.exitValue() : -1, () -> read(log));
    } finally {
      process.destroyForcibly();
    }
  }

  // Modules of this build are folders, or jars of that name; what is tested here is a folder too.
  private static boolean isBitfold(String entry) {
    return Path.of(entry).endsWith("target/classes")
        || Path.of(entry).getFileName().toString().startsWith("bitfold-");
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
