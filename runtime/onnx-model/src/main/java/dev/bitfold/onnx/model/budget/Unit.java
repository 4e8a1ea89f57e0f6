package dev.bitfold.onnx.model.budget;

import java.util.List;

/**
 * Something that is quantized or stays float as a whole: a layer with its weight and input, or the
 * points of a chain of operators that follow from one value. Immutable.
 *
 * @param name of the layer, or of the first point
 * @param paths of what is skipped in a plan if it stays float
 * @param nodes of a layer; none of points
 * @param values of points, with those that are moved from them; none of a layer
 * @param bytes that quantizing saves in the file
 */
record Unit(String name, List<String> paths, List<String> nodes, List<String> values, long bytes) {
  /** Copies the lists. */
  Unit {
    paths = List.copyOf(paths);
    nodes = List.copyOf(nodes);
    values = List.copyOf(values);
  }

  boolean isLayer() {
    return !nodes.isEmpty();
  }

  /** The switch of a layer's weight, or of points. */
  String main() {
    return name;
  }

  /** The switch of a layer's input. */
  String input() {
    return name + " input";
  }
}
