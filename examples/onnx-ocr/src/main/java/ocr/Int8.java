package ocr;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.model.HeldOut;
import dev.bitfold.onnx.model.OnnxBudget;
import dev.bitfold.onnx.model.OnnxLayer;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.model.OnnxSearch;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Writes int8 files of networks with one input. */
final class Int8 {
  private Int8() {}

  /**
   * Writes a file whose layers are quantized, and are smoothed: small and close to float.
   *
   * @param least layers with fewer weights stay float
   */
  static Path accurate(
      Path file, List<INDArray> batches, SmoothQuantOptions options, long least)
      throws IOException {
    Path out = out(file, "-int8.onnx");
    try (OnnxModel model = OnnxModel.open(file)) {
      System.out.printf("%s: %d layers%n", file.getFileName(), model.layers().size());
      model.left().forEach(node -> System.out.println("  stays float: " + node));
      List<Map<String, INDArray>> feeds = feeds(model, batches);
      // Convolutions whose outputs are floats are computed with floats: no sum saturates.
      Plan<OnnxModel> plan = model.plan().withWeightAmax(WeightAmax.ofDescriptor());
      for (OnnxLayer layer : model.layers()) {
        if (layer.weightShape().stream().reduce(1L, (a, b) -> a * b) < least) {
          plan = plan.skip(layer.path());
        }
      }
      OnnxModel.export(
          plan
              .calibrate(feeds, OnnxModel::forward)
              .smoothQuant(options)
              .correctBiases()
              .freeze(),
          out,
          proved(feeds));
    }
    return out;
  }

  /** Writes a file in which tensors between operators are quantized as far as a budget allows. */
  static Path within(
      OnnxBudget budget, Path file, List<INDArray> batches, String held, List<INDArray> others)
      throws IOException {
    Path out = out(file, "-" + budget.toString().replaceAll("[^a-z0-9.]+", "") + ".onnx");
    try (OnnxModel model = OnnxModel.from(file).points().open()) {
      List<Map<String, INDArray>> feeds = feeds(model, batches);
      Calibration<OnnxModel> calibration = model.plan().calibrate(feeds, OnnxModel::forward);
      HeldOut heldOut = new HeldOut(held, feeds(model, others));
      OnnxSearch found = OnnxModel.within(calibration, budget, heldOut, progress -> {});
      System.out.printf("%s: %s%n", file.getFileName(), found);
      found.export(out, proved(feeds));
    }
    return out;
  }

  /**
   * Each layer is proved. The whole is not compared: one code that is rounded the other way moves
   * the likeliest characters.
   */
  private static OnnxOptions proved(List<Map<String, INDArray>> feeds) {
    return OnnxOptions.DEFAULT.withProof(OnnxProof.on(feeds.subList(0, 2)));
  }

  private static List<Map<String, INDArray>> feeds(OnnxModel model, List<INDArray> batches) {
    String input = model.inputs().get(0).name();
    return batches.stream().map(batch -> Map.of(input, batch)).toList();
  }

  private static Path out(Path file, String ending) {
    return Path.of("target", String.valueOf(file.getFileName()).replace(".onnx", ending));
  }
}
