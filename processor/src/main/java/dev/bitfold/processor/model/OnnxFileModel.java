package dev.bitfold.processor.model;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Describes an ONNX file and how its layers are quantized.
 *
 * @param subject the interface that names it
 * @param resource the file, as the interface names it
 * @param hash the hash of its graph
 * @param all what all layers follow; empty for the default plan
 * @param rules what layers of some nodes follow, in the order of the annotations
 * @param inputs the inputs of the graph
 */
public record OnnxFileModel(
    Subject subject,
    String resource,
    String hash,
    Optional<Quantizers> all,
    List<Rule> rules,
    List<Input> inputs) {
  /**
   * Describes how layers are quantized.
   *
   * @param descriptors the descriptor of each role
   * @param alpha how strongly inputs are smoothed
   */
  public record Quantizers(Map<Role, QuantDescriptor> descriptors, Alpha alpha) {}

  /**
   * Describes what layers of some nodes follow.
   *
   * @param patterns of the nodes' names
   * @param quantizers what they follow; empty if they stay float
   */
  public record Rule(List<String> patterns, Optional<Quantizers> quantizers) {}

  /**
   * Describes an input of the graph.
   *
   * @param name the name in the file
   * @param method the name of the method that sets it
   * @param words its type and shape
   */
  public record Input(String name, String method, String words) {}
}
