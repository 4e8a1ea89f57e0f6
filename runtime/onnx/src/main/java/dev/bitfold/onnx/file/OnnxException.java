package dev.bitfold.onnx.file;

import dev.bitfold.descriptor.BitfoldException;

/** Signals that an ONNX file cannot be used, or not for this purpose. The message is one line. */
public final class OnnxException extends BitfoldException {
  private static final long serialVersionUID = 1L;

  private final String problem;

  public OnnxException(String file, String problem) {
    this(file, problem, null);
  }

  public OnnxException(
      String file, String problem, @org.jspecify.annotations.Nullable Throwable cause) {
    super(oneLine(file + ": " + problem), cause);
    this.problem = oneLine(problem);
  }

  /** Returns what is wrong, without the file's name at the beginning of the message. */
  public String problem() {
    return problem;
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s*[\\r\\n]+\\s*", " ").strip();
  }
}
