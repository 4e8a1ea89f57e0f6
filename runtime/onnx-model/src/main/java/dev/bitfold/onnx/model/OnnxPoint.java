package dev.bitfold.onnx.model;

/**
 * A tensor between two operators of a file that can be quantized. Immutable.
 *
 * @param path of the point in a plan, where its tensor is {@code path.x}
 * @param value the name of the tensor in the file, as it was prepared
 * @param operator of the node that yields it
 */
public record OnnxPoint(String path, String value, String operator) {}
