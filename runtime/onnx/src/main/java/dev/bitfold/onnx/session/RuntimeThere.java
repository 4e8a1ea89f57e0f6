package dev.bitfold.onnx.session;

import dev.bitfold.onnx.file.OnnxException;

/** Says in one sentence that ONNX Runtime is absent, before a class that needs it is loaded. */
public final class RuntimeThere {
  private RuntimeThere() {}

  /**
   * Refuses to go on without ONNX Runtime.
   *
   * @param file the file's name in messages
   * @param purpose what happens to the file, such as {@code is run}
   * @param instead what else helps, at the end of the sentence; may be empty
   * @throws OnnxException if it is not on the class path, or cannot be loaded on this machine
   */
  public static void require(String file, String purpose, String instead) {
    ClassLoader loader = RuntimeThere.class.getClassLoader();
    if (loader == null || loader.getResource("ai/onnxruntime/OrtEnvironment.class") == null) {
      throw new OnnxException(
          file,
          purpose
              + " by ONNX Runtime, which is not on the class path: add"
              + " com.microsoft.onnxruntime:onnxruntime, or onnxruntime_gpu"
              + instead);
    }
    try {
      Session.version();
    } catch (LinkageError | IllegalStateException e) {
      throw new OnnxException(
          file,
          purpose
              + " by ONNX Runtime, which cannot be loaded here ("
              + e
              + "): take its version for this platform"
              + instead,
          e);
    }
  }
}
