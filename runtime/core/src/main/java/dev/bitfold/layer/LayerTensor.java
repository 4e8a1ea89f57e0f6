package dev.bitfold.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Optional;

/**
 * Describes one tensor of a layer class, as annotated.
 *
 * @param name the name of the member or parameter; {@code output} for the result
 * @param role the role of the tensor
 * @param layout the layout of the tensor, or {@link Layout#UNKNOWN}
 * @param descriptor how the tensor is quantized; empty if it stays float
 * @param codes whether the layer takes the codes of the tensor and their scale, if it is quantized
 */
public record LayerTensor(
    String name,
    TensorRole role,
    Layout layout,
    Optional<QuantDescriptor> descriptor,
    boolean codes) {
  /** Describes a tensor whose values the layer takes. */
  public LayerTensor(
      String name, TensorRole role, Layout layout, Optional<QuantDescriptor> descriptor) {
    this(name, role, layout, descriptor, false);
  }

  /** Returns the tensor with another layout. */
  public LayerTensor with(Layout other) {
    return new LayerTensor(name, role, other, descriptor, codes);
  }
}
