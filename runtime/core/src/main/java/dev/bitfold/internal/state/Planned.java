package dev.bitfold.internal.state;

import dev.bitfold.layer.Component;
import dev.bitfold.layer.GraphHooks;
import java.util.Map;
import java.util.function.Function;

/**
 * Holds the contents of a plan, for engines that quantize a model in their own way. Immutable.
 *
 * @param model the float model
 * @param component the component that rebuilds the model
 * @param shape the layers and tensors of the model
 */
public record Planned<M>(M model, Component<M> component, ModelShape shape) {
  /** Returns the layers of the model by path. */
  public Map<String, ModelShape.Layer> layers() {
    return shape.layers();
  }

  /** Returns the model rebuilt in a state, observed by a tap. */
  public M rebuild(State state, Tap tap) {
    return shape.rebuild(model, component, state, tap);
  }

  /**
   * Returns the model with its layers rebuilt in their graph.
   *
   * @param hooks returns the hooks of a layer
   */
  public M rebuildGraph(Function<ModelShape.Layer, GraphHooks> hooks) {
    return shape.rebuildGraph(model, component, hooks);
  }
}
