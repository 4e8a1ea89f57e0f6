package dev.bitfold.internal.graph;

import dev.bitfold.descriptor.BitfoldException;

/** Says that bytes are not those of an ONNX file, or are damaged. */
public final class OnnxFormatException extends BitfoldException {
  private static final long serialVersionUID = 1;

  OnnxFormatException(String problem) {
    super(problem);
  }
}
