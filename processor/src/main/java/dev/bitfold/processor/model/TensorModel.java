package dev.bitfold.processor.model;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Optional;

/**
 * Describes a weight, bias or input of a layer.
 *
 * @param name its name in messages, files and hooks
 * @param kind its kind
 * @param several whether it is a list or array of tensors: {@code name[0]} and so on
 * @param layout its axes
 * @param descriptor how it is quantized; empty if it stays float
 * @param codes whether the layer gets its codes instead of its values
 */
public record TensorModel(
    String name,
    TensorKind kind,
    boolean several,
    Layout layout,
    Optional<QuantDescriptor> descriptor,
    boolean codes) {}
