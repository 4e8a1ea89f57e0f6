package dev.bitfold.onnx.session;

import dev.bitfold.descriptor.BitfoldException;

/**
 * Signals a model that ONNX Runtime does not accept, or data that the model does not accept.
 * Whoever runs a session catches it and says which file it was.
 */
public final class SessionException extends BitfoldException {
  private static final long serialVersionUID = 1L;

  SessionException(Throwable cause) {
    super(String.valueOf(cause.getMessage()), cause);
  }

  SessionException(String message) {
    super(message);
  }
}
