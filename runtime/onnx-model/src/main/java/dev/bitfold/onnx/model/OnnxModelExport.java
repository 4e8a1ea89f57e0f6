package dev.bitfold.onnx.model;

import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.FoundFolds;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.cut.CutLayer;
import dev.bitfold.onnx.model.cut.CutPoint;
import dev.bitfold.onnx.proof.OnnxProof;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Writes a quantized model. */
final class OnnxModelExport {
  private OnnxModelExport() {}

  static OnnxQdq.Exported write(Quantized<OnnxModel> quantized, Path out, OnnxOptions options)
      throws IOException {
    OnnxModel.Source source = quantized.model().source();
    OnnxMapping mapping = OnnxMapping.empty();
    for (CutLayer layer : source.graph().layers().values()) {
      mapping =
          mapping.layer(layer.found().path(), layer.found().nodeNames().toArray(String[]::new));
    }
    for (CutPoint point : source.graph().points().values()) {
      mapping =
          mapping.point(
              point.found().tensor(),
              point.found().value(),
              point.found().moved().toArray(String[]::new));
    }
    OnnxWeights file = OnnxWeights.of(source.prepared().file());
    OnnxMapping own = mapping.within(quantized);
    OnnxOptions folding = options;
    for (Map.Entry<String, String> fold : FoundFolds.of(file, quantized, own).entrySet()) {
      folding = folding.withFolded(fold.getKey(), fold.getValue());
    }
    if (options.proof() instanceof OnnxProof.Skipped) {
      return OnnxQdq.export(file, quantized, own, out, folding);
    }
    List<Map<String, INDArray>> seen = source.seen().feeds();
    CutProof.prove(quantized.model().floatModel(), seen);
    if (options.proof().equals(OnnxOptions.DEFAULT.proof())) {
      folding = folding.withProof(proof(quantized.model(), seen));
    }
    return OnnxQdq.export(file, quantized, own, out, folding);
  }

  /** The outputs of the file are held against those of the quantized model. */
  private static OnnxProof proof(OnnxModel model, List<Map<String, INDArray>> seen) {
    Function<Map<String, INDArray>, Map<String, INDArray>> outputs =
        feed -> {
          Map<String, INDArray> floats = new LinkedHashMap<>(model.run(feed));
          floats.values().removeIf(output -> !output.dataType().isFPType());
          return floats;
        };
    return seen.isEmpty()
        ? OnnxProof.random().against(outputs)
        : OnnxProof.on(seen).against(outputs);
  }
}
