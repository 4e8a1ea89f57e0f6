package dev.bitfold.processor.model;

import java.util.Optional;

/**
 * Describes a constructor's argument, which is read from the original.
 *
 * @param name the name of the parameter
 * @param accessor how the value is read
 * @param tensor whether it is a weight or bias, which comes from the hooks
 * @param several whether it is a list or array of tensors
 * @param scaleOf the weight whose scale it takes, if it takes one
 */
public record ArgumentModel(
    String name, Accessor accessor, boolean tensor, boolean several, Optional<String> scaleOf) {}
