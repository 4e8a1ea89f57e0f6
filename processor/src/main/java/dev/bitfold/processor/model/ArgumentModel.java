package dev.bitfold.processor.model;

/**
 * A constructor's argument, read from the original.
 *
 * @param name the parameter
 * @param accessor how it is read
 * @param tensor whether it is a weight or bias, which the hooks hand out
 * @param several whether it is a list or array of these
 */
public record ArgumentModel(String name, Accessor accessor, boolean tensor, boolean several) {}
