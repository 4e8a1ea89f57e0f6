package dev.bitfold.onnx.model;

import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.FoundFolds;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.cut.CutLayer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

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
    OnnxWeights file = OnnxWeights.of(source.prepared().file());
    OnnxMapping own = mapping.within(quantized);
    OnnxOptions folding = options;
    for (Map.Entry<String, String> fold : FoundFolds.of(file, quantized, own).entrySet()) {
      folding = folding.withFolded(fold.getKey(), fold.getValue());
    }
    return OnnxQdq.export(file, quantized, own, out, folding);
  }
}
