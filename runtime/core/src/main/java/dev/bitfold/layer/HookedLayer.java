package dev.bitfold.layer;

/**
 * A layer that generated code wrapped. Not for users: the runtime learns from the hooks what a
 * wrapper does in addition to the layer's own {@code forward}.
 */
public interface HookedLayer {
  /** Returns the hooks that the wrapper was built with. */
  LayerHooks bitfoldHooks();
}
