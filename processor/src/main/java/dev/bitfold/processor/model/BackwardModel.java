package dev.bitfold.processor.model;

import java.util.Map;

/**
 * Describes the method that computes a layer's gradients.
 *
 * @param method its signature: the parameters of {@code forward}, then the output's gradient
 * @param inputs the hooks' names of its hooked parameters, by parameter name
 * @param first the name of the first parameter of {@code forward}
 */
public record BackwardModel(MethodModel method, Map<String, String> inputs, String first) {}
