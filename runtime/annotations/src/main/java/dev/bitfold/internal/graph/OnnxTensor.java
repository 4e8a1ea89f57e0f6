package dev.bitfold.internal.graph;

import java.util.List;

/**
 * Describes a tensor of a file, without its values.
 *
 * @param name the name; empty in an attribute
 * @param type the number of the type of its elements in ONNX: 1 is float32
 * @param shape the size of each axis
 */
public record OnnxTensor(String name, int type, List<Long> shape) {
  /** The type float32. */
  public static final int FLOAT = 1;

  /** Copies the shape. */
  public OnnxTensor {
    shape = List.copyOf(shape);
  }
}
