package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.OnnxException;

/** Looks for ONNX Runtime before a class that needs it is loaded. */
final class RuntimeThere {
  private RuntimeThere() {}

  /**
   * Refuses to go on without ONNX Runtime.
   *
   * @throws OnnxException if it is not on the class path, or cannot be loaded on this machine
   */
  static void require(String file) {
    ClassLoader loader = RuntimeThere.class.getClassLoader();
    if (loader == null || loader.getResource("ai/onnxruntime/OrtEnvironment.class") == null) {
      throw new OnnxException(
          file,
          "is run by ONNX Runtime, which is not on the class path: add"
              + " com.microsoft.onnxruntime:onnxruntime, or onnxruntime_gpu");
    }
    try {
      ai.onnxruntime.OrtEnvironment.getEnvironment();
    } catch (LinkageError | IllegalStateException e) {
      throw new OnnxException(
          file,
          "is run by ONNX Runtime, which cannot be loaded here ("
              + e
              + "): take its version for this platform",
          e);
    }
  }
}
