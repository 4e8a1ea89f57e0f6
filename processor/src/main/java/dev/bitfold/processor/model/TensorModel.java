package dev.bitfold.processor.model;

import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.processor.diagnostics.Place;
import java.util.Optional;

/**
 * A weight, bias or input of a layer.
 *
 * @param name its name in messages, files and hooks
 * @param kind what it is
 * @param layout its axes
 * @param descriptor how it is quantized; empty: it stays float
 * @param place where it is declared
 */
public record TensorModel(
    String name,
    TensorKind kind,
    Layout layout,
    Optional<QuantDescriptor> descriptor,
    Place place) {}
