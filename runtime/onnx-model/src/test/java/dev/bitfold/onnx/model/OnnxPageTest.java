package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.onnx.export.OnnxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks that docs/onnx.md shows this code, which quantizes files. */
class OnnxPageTest {
  private static final Path PAGE = Path.of("..", "..", "docs", "onnx.md");
  private static final Path SOURCE =
      Path.of("src", "test", "java", "dev", "bitfold", "onnx", "model", "OnnxPageTest.java");

  @Test
  void aSearchUnderABudget(@TempDir Path folder) throws IOException {
    Path path = Files.write(folder.resolve("net.onnx"), PointsTest.network().bytes());
    Path out = folder.resolve("int8.onnx");
    List<Map<String, INDArray>> batches = PointsTest.batches(3);
    List<Map<String, INDArray>> otherBatches = PointsTest.batches(6).subList(3, 6);
    // The page shows this.
    try (OnnxModel model = OnnxModel.from(path).points().open()) {
      Calibration<OnnxModel> calibration = model.plan().calibrate(batches, OnnxModel::forward);
      HeldOut heldOut = new HeldOut("8 pages of the archive", otherBatches);
      OnnxSearch found =
          OnnxModel.within(calibration, OnnxBudget.time(0.6), heldOut, progress -> {});
      System.out.println(found);
      found.export(out, OnnxOptions.DEFAULT);
    }
    // The page goes on.
    assertTrue(OnnxCertificate.of(out).isPresent());
  }

  @Test
  void thePageShowsThisCode() throws IOException {
    String page = Files.readString(PAGE);
    String[] parts = Files.readString(SOURCE).split(" *// The page shows this[.]\n", -1);
    for (int i = 1; i < parts.length; i++) {
      String code = parts[i].split(" *// The page goes on[.]", -1)[0];
      String shown =
          code.lines()
              .map(line -> line.replaceFirst("^ {4}", ""))
              .collect(Collectors.joining("\n"));
      assertTrue(page.contains("```java\n" + shown + "\n```\n"), shown);
    }
  }
}
