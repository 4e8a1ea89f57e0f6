package dev.bitfold.internal.graph;

import java.util.List;

/**
 * Describes an input of a graph.
 *
 * @param name the name
 * @param type the number of the type of its elements in ONNX; 0 if it is no tensor
 * @param shape the size of each axis, or its name, or {@code ?}
 */
public record OnnxInput(String name, int type, List<String> shape) {
  /** Copies the shape. */
  public OnnxInput {
    shape = List.copyOf(shape);
  }
}
