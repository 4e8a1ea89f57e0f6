package dev.bitfold.onnx.export;

public final class OnnxQdq {
  public record Exported() {}
}
