package dev.bitfold.cluster;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Passes;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import dev.bitfold.toy.ToyStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The model and data of the tests. */
final class Toys {
  private Toys() {}

  /** Makes the same model in each JVM. */
  static Plan<ToyStack> plan() {
    return ToyStack.plan(ToyStack.random(5, 16, 24, 8))
        .describe(
            "**.x", (QuantDescriptor d) -> d.toBuilder().calib(Calib.PERCENTILE).bins(512).build());
  }

  static List<INDArray> batches() {
    return ToyStack.batches(90, 9, 16);
  }

  /** Calibrates with histograms, smooths, corrects biases, and returns the state file. */
  static byte[] file(Passes<INDArray> passes, Path folder) throws IOException {
    return file(plan().calibrate(passes, ToyStack::forward), folder);
  }

  /** Smooths, corrects biases, and returns the state file. */
  static byte[] file(Calibration<ToyStack> calibration, Path folder) throws IOException {
    Path path = Files.createTempFile(folder, "state", ".safetensors");
    Files.delete(path);
    calibration.smoothQuant(SmoothQuantOptions.searchAlpha()).correctBiases().freeze().save(path);
    return Files.readAllBytes(path);
  }
}
