package dev.bitfold.layer;

import org.jspecify.annotations.Nullable;
import org.nd4j.autodiff.samediff.SDVariable;

/** Defines the hooks of a layer whose tensors are variables of a SameDiff graph. */
public non-sealed interface GraphHooks extends LayerHooks {
  /**
   * Returns the variable to build the layer from.
   *
   * @param name a weight or bias of the layer's type
   * @param original the variable that the float layer holds; null if it holds none
   * @return the variable for the constructor; null if and only if {@code original} is null
   */
  @Nullable SDVariable tensor(String name, @Nullable SDVariable original);

  /**
   * Checks after building that the layer holds the variable that its constructor was given.
   *
   * @throws IllegalStateException if the layer holds another variable
   */
  void check(String name, @Nullable SDVariable held);

  /**
   * Adds to the graph what {@code forward} computes with instead of the input {@code x}. An input
   * that is null stays null.
   */
  @Nullable SDVariable input(String name, @Nullable SDVariable x);

  /** Adds to the graph what {@code forward} returns instead of {@code y}. */
  SDVariable output(SDVariable y);
}
