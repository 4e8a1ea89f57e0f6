package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.budget.Pair;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Time and error of large networks of convolutions: {@code mvn -pl runtime/onnx-model test
 * -Dtest=ConvolutionShapesTest -Dbitfold.shapes=true}.
 */
@EnabledIfSystemProperty(named = "bitfold.shapes", matches = "true")
class ConvolutionShapesTest {
  private static final int THREADS = Runtime.getRuntime().availableProcessors();

  @Test
  void resNet18(@TempDir Path folder) throws IOException {
    measure("ResNet-18", ConvolutionShapes.resNet18(), 40, 0.30, folder);
  }

  @Test
  void mobileNetV2(@TempDir Path folder) throws IOException {
    measure("MobileNetV2", ConvolutionShapes.mobileNetV2(), 22.8, 0.52, folder);
  }

  private static void measure(
      String name, GraphBuilder graph, double decibels, double time, Path folder)
      throws IOException {
    Path floats = folder.resolve("float.onnx");
    Files.write(floats, graph.bytes());
    Path out = folder.resolve("int8.onnx");
    try (OnnxModel model = OnnxModel.from(floats).points().open()) {
      Calibration<OnnxModel> calibration =
          model
              .plan()
              .withWeightAmax(WeightAmax.ofDescriptor())
              .calibrate(images(1, 8), OnnxModel::forward);
      OnnxBudget budget = OnnxBudget.time(time);
      HeldOut heldOut = new HeldOut("8 images of noise", images(9, 8));
      all(name, calibration, floats, heldOut, folder.resolve("all.onnx"));
      OnnxSearch found = OnnxModel.within(calibration, budget, heldOut, progress -> {});
      System.out.printf("%s, %s%n", name, found);
      OnnxQdq.Exported exported = found.export(out, OnnxOptions.DEFAULT);
      assertTrue(exported.proof() instanceof ProofResult.Proved);
      assertTrue(found.best().measured().decibels() >= decibels, found::toString);
      assertTrue(found.met(), found::toString);
    }
  }

  private static void all(
      String name, Calibration<OnnxModel> calibration, Path floats, HeldOut heldOut, Path out)
      throws IOException {
    OnnxModel.export(calibration.correctBiases().freeze(), out);
    try (Pair pair = new Pair(OnnxWeights.open(floats).file(), "y", heldOut.batches(), THREADS)) {
      System.out.printf(
          "%s, everything quantized: %s%n", name, pair.measure(OnnxWeights.open(out).file()));
    }
  }

  private static List<Map<String, INDArray>> images(long seed, int count) {
    Nd4j.getRandom().setSeed(seed);
    return Stream.generate(() -> Map.of("image", Nd4j.randn(1, 3, 224, 224))).limit(count).toList();
  }
}
