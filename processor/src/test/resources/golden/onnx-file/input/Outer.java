package com.acme;

import dev.bitfold.annotations.QuantizeOnnx;

public class Outer {
  @QuantizeOnnx("/cnn.onnx")
  public interface Pictures {}
}
