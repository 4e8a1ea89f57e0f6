package dev.bitfold.layer;

/**
 * What a generated wrapper calls on its tensors. The runtime decides what happens: observe,
 * quantize, or nothing. The names are those of the {@link LayerType}.
 */
public sealed interface LayerHooks permits ArrayHooks, GraphHooks {}
