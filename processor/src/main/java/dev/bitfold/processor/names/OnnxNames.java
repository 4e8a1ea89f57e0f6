package dev.bitfold.processor.names;

import com.palantir.javapoet.ClassName;

/** Names types of {@code bitfold-onnx-model}, which not every user of the processor has. */
public final class OnnxNames {
  public static final ClassName MODEL = model("OnnxModel");
  public static final ClassName BUILDER = model("OnnxModelBuilder");
  public static final ClassName COMPILED = model("CompiledOnnx");
  public static final ClassName EXPORTED =
      ClassName.get(String.join(".", "dev", "bitfold", "onnx", "export"), "OnnxQdq", "Exported");
  public static final ClassName EXCEPTION =
      ClassName.get(String.join(".", "dev", "bitfold", "onnx", "file"), "OnnxException");

  private OnnxNames() {}

  private static ClassName model(String simpleName) {
    return ClassName.get(String.join(".", "dev", "bitfold", "onnx", "model"), simpleName);
  }
}
