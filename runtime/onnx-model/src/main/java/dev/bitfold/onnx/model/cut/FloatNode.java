package dev.bitfold.onnx.model.cut;

/**
 * A node that could be meant to be a layer, and stays float.
 *
 * @param name of the node
 * @param operator with its domain, if that is not ONNX's own
 * @param reason why it is not a layer
 */
public record FloatNode(String name, String operator, String reason) {}
