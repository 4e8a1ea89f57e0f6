package dev.bitfold.onnx.model.cut;

import java.util.List;

/**
 * A tensor between operators that can be quantized once, before all that read it. Immutable.
 *
 * @param path of the point in a plan; its tensor is {@code path.x}
 * @param value the tensor
 * @param operator of the node that yields it
 * @param moved the values that hold the same numbers in another order or number
 */
public record FoundPoint(String path, String value, String operator, List<String> moved) {
  /** Copies the list. */
  public FoundPoint {
    moved = List.copyOf(moved);
  }

  /** Returns the path of the tensor in a plan. */
  public String tensor() {
    return path + "." + CutLayer.INPUT;
  }
}
