package dev.bitfold.processor.onnx;

import dev.bitfold.internal.graph.OnnxNode;

/**
 * Describes a node of a file, and whether it is a layer.
 *
 * @param node the node
 * @param state whether it is a layer
 * @param reason why it is none; empty if it can be one
 * @param weight the letters of its weight's axes; empty if they are not known
 * @param input the letters of its input's axes; empty if they are not known, or it has none
 */
public record FileNode(OnnxNode node, State state, String reason, String weight, String input) {
  /** Whether a node is a layer. */
  public enum State {
    /** It is a layer, whatever else preparing the file does. */
    LAYER,
    /** The file alone does not tell: preparing the file decides. */
    POSSIBLE,
    /** It is none, whatever preparing the file does. */
    NEVER
  }

  static FileNode possible(OnnxNode node) {
    return new FileNode(node, State.POSSIBLE, "", "", "");
  }

  static FileNode never(OnnxNode node, String reason) {
    return new FileNode(node, State.NEVER, reason, "", "");
  }

  static FileNode layer(OnnxNode node, String weight, String input) {
    return new FileNode(node, State.LAYER, "", weight, input);
  }

  /** Returns the node's name. */
  public String name() {
    return node.name();
  }

  /** Returns whether it is a layer. */
  public boolean isLayer() {
    return state == State.LAYER;
  }

  /** Returns whether it is a layer that picks rows of a table. */
  public boolean isTable() {
    return isLayer() && node.is("Gather");
  }
}
