package dev.bitfold.onnx.model;

/** A float ONNX file as a model whose layers are its nodes with constant weights. */
public final class OnnxModel {
  private OnnxModel() {}
}
