package dev.bitfold.layer;

/**
 * Defines what a generated wrapper calls for its tensors. The runtime decides whether to observe
 * the tensors, to quantize them, or to do nothing. Tensors have the names of the {@link LayerType}.
 */
public sealed interface LayerHooks permits ArrayHooks, GraphHooks {}
