package dev.bitfold.layer;

/**
 * Marks a layer that generated code has wrapped. Not for users. The hooks tell the runtime what a
 * wrapper does in addition to the layer's own {@code forward}.
 */
public interface HookedLayer {
  /** Returns the hooks that the wrapper was built with. */
  LayerHooks bitfoldHooks();
}
