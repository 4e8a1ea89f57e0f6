package dev.bitfold.layer;

import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;

/** The hooks of a layer whose tensors are the variables of a SameDiff graph. */
public non-sealed interface GraphHooks extends LayerHooks {
  /**
   * Returns the variable to build the layer from.
   *
   * @param name a weight or bias of the layer's type
   * @param original what the float layer holds; null where the layer has none
   * @return the variable for the constructor; null if and only if {@code original} is
   */
  @Nullable SDVariable tensor(String name, @Nullable SDVariable original);

  /**
   * Called after building: the layer must hold the very variable that its constructor was given.
   *
   * @throws IllegalStateException if it holds another
   */
  void check(String name, @Nullable SDVariable held);

  /**
   * Adds to the graph what {@code forward} computes with in place of the input {@code x}. Null, of
   * an input that may be left out, stays null.
   */
  @Nullable SDVariable input(String name, @Nullable SDVariable x);

  /** Adds to the graph what {@code forward} returns in place of {@code y}. */
  SDVariable output(SDVariable y);
}
