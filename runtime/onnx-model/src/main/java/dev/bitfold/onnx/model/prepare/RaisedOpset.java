package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OpsetRaise;
import java.util.List;

/** Raises old files to the first opset in which each channel of a weight may have its scale. */
final class RaisedOpset {
  private static final long OPSET = 13;

  private RaisedOpset() {}

  static OnnxFile of(OnnxFile file, Changes changes) {
    long from = OpsetRaise.of(file.name(), file.model());
    if (from >= OPSET) {
      return file;
    }
    changes.note("opset raised", List.of(from + " to " + OPSET));
    return new OnnxFile(file.name(), new OpsetRaise(file.name(), from, OPSET).apply(file.model()));
  }
}
