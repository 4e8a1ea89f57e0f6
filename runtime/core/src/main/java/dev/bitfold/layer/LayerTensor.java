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
 */
public record LayerTensor(
    String name, TensorRole role, Layout layout, Optional<QuantDescriptor> descriptor) {}
