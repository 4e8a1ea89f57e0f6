package dev.bitfold.onnx.model;

import java.io.IOException;

public interface OnnxModelBuilder {
  OnnxModel open() throws IOException;
}
