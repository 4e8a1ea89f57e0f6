package dev.bitfold.onnx.file;

@SuppressWarnings("serial")
public class OnnxException extends RuntimeException {}
