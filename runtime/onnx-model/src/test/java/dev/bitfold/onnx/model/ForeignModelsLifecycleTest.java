package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.bitfold.Calibration;
import dev.bitfold.descriptor.BitfoldException;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.data.Feeds;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Every model of a folder is quantized on its own test data and proved, or left with a reason; none
 * ends in another exception. Without a system property {@code bitfold.foreign}, the folder is that
 * of Debian's package libonnx-testdata.
 */
@Tag("slow")
@Tag("any-jdk")
class ForeignModelsLifecycleTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("bitfold.foreign", "/usr/share/libonnx-testdata/data"));

  /** Quantizes a model. */
  @FunctionalInterface
  private interface Way {
    /** Returns what became of a file, in a word. */
    String quantize(Path file, Path out) throws Exception;
  }

  @Test
  void isQuantizedAndProvedOrLeftWithAReason(@TempDir Path out) throws Exception {
    check("models", ForeignModelsLifecycleTest::quantize, out);
  }

  @Test
  void withPointsIsQuantizedAndProvedOrLeftWithAReason(@TempDir Path out) throws Exception {
    check("models with points", ForeignModelsLifecycleTest::quantizeWithPoints, out);
  }

  private static void check(String what, Way way, Path out) throws Exception {
    assumeTrue(
        Files.isDirectory(FOLDER), FOLDER + " is not there; apt-get install libonnx-testdata");
    List<Path> files;
    try (Stream<Path> all = Files.walk(FOLDER)) {
      files = all.filter(file -> file.toString().endsWith(".onnx")).sorted().toList();
    }
    Map<String, Integer> counts = new TreeMap<>();
    List<String> crashes = new ArrayList<>();
    for (Path file : files) {
      String found;
      try {
        found = way.quantize(file, out.resolve("int8.onnx"));
      } catch (BitfoldException e) {
        found = kind(String.valueOf(e.getMessage()));
        System.out.println("@ " + FOLDER.relativize(file) + ": " + e);
      } catch (RuntimeException | Error e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        crashes.add(FOLDER.relativize(file) + ": " + trace);
        found = "crashed";
      }
      Files.deleteIfExists(out.resolve("int8.onnx"));
      counts.merge(found, 1, Integer::sum);
    }
    System.out.println("@@ " + files.size() + " " + what + ": " + counts);
    assertEquals(List.of(), crashes);
  }

  /** Quantizes one model; what became of it, in a word. */
  private static String quantize(Path file, Path out) throws Exception {
    try (OnnxModel model = OnnxModel.open(file)) {
      List<Map<String, INDArray>> feeds = feeds(file, model.inputs());
      Calibration<OnnxModel> calibration = model.plan().calibrate(feeds, OnnxModel::forward);
      // Tables alone have no input to smooth, and no sum that saturates.
      if (model.layers().stream().anyMatch(layer -> !layer.operator().equals("Gather"))) {
        calibration = calibration.smoothQuant().weightAmax(OnnxQdq.nonSaturating());
      }
      return exported(calibration, out);
    }
  }

  private static String quantizeWithPoints(Path file, Path out) throws Exception {
    try (OnnxModel model = OnnxModel.from(file).points().open()) {
      List<Map<String, INDArray>> feeds = feeds(file, model.inputs());
      return exported(model.plan().calibrate(feeds, OnnxModel::forward), out);
    }
  }

  private static String exported(Calibration<OnnxModel> calibration, Path out) throws Exception {
    OnnxQdq.Exported exported = OnnxModel.export(calibration.freeze(), out);
    return exported.proof() instanceof ProofResult.Proved
        ? "quantized and proved"
        : "quantized, not proved";
  }

  private static List<Map<String, INDArray>> feeds(Path file, List<FeedInput> inputs)
      throws Exception {
    List<String> names = inputs.stream().map(FeedInput::name).toList();
    Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent());
    List<Map<String, INDArray>> feeds = new ArrayList<>();
    for (Map<String, INDArray> all : Feeds.protos(folder, names)) {
      Map<String, INDArray> feed = new HashMap<>(all);
      feed.keySet().retainAll(names);
      feeds.add(feed);
    }
    return feeds;
  }

  private static String kind(String message) {
    return message.contains("has no layer to quantize")
        ? "left: no layer"
        : message.contains("is not taken by ONNX Runtime")
            ? "left: not taken by ONNX Runtime"
            : message.contains("is of opset")
                ? "left: opset before 7"
                : message.contains("quantized already")
                    ? "left: quantized already"
                    : "left: another reason";
  }
}
