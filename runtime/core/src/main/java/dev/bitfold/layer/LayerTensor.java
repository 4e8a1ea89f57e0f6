package dev.bitfold.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Optional;

/**
 * One tensor of a layer class, as annotated.
 *
 * @param name the member's or parameter's name; {@code output} for the result
 * @param role what it is
 * @param layout its axes, or {@link Layout#UNKNOWN}
 * @param descriptor how it is quantized; empty: it stays float
 */
public record LayerTensor(
    String name, TensorRole role, Layout layout, Optional<QuantDescriptor> descriptor) {}
