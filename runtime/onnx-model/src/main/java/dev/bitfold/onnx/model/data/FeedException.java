package dev.bitfold.onnx.model.data;

import dev.bitfold.descriptor.BitfoldException;
import org.jspecify.annotations.Nullable;

/** Data cannot be read, or a model does not take it. The message is one line. */
public final class FeedException extends BitfoldException {
  private static final long serialVersionUID = 1L;

  FeedException(String where, String problem) {
    this(where, problem, null);
  }

  FeedException(String where, String problem, @Nullable Throwable cause) {
    super((where + ": " + problem).replaceAll("\\s*[\\r\\n]+\\s*", " ").strip(), cause);
  }
}
