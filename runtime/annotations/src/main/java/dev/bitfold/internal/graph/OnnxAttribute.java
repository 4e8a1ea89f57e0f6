package dev.bitfold.internal.graph;

import java.util.List;
import java.util.Optional;

/**
 * Describes an attribute of a node, as far as layers are found by it.
 *
 * @param name the name
 * @param integer the value of an integer; otherwise 0
 * @param integers the values of a list of integers
 * @param tensor the value of a tensor
 * @param graphs the graphs that it holds
 */
public record OnnxAttribute(
    String name,
    long integer,
    List<Long> integers,
    Optional<OnnxTensor> tensor,
    List<OnnxGraph> graphs) {
  /** Copies the lists. */
  public OnnxAttribute {
    integers = List.copyOf(integers);
    graphs = List.copyOf(graphs);
  }
}
