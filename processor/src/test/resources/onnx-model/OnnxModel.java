package dev.bitfold.onnx.model;

import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxQdq;
import java.io.IOException;
import java.nio.file.Path;

public abstract class OnnxModel implements AutoCloseable {
  public abstract Quantized<OnnxModel> load(Path file) throws IOException;

  public static OnnxQdq.Exported export(Quantized<OnnxModel> quantized, Path out)
      throws IOException {
    throw new IOException();
  }

  @Override
  public abstract void close();
}
