package dev.bitfold.internal.state;

import dev.bitfold.layer.Component;
import dev.bitfold.layer.GraphHooks;
import java.util.Map;
import java.util.function.Function;

/**
 * What is in a plan, for engines that quantize a model in their own way. Immutable.
 *
 * @param model the float model
 * @param component how it is rebuilt
 * @param shape what it holds
 */
public record Planned<M>(M model, Component<M> component, ModelShape shape) {
  /** Returns the layers of the model by path. */
  public Map<String, ModelShape.Layer> layers() {
    return shape.layers();
  }

  /**
   * Returns the model, its layers rebuilt in their graph.
   *
   * @param hooks of a layer
   */
  public M rebuildGraph(Function<ModelShape.Layer, GraphHooks> hooks) {
    return shape.rebuildGraph(model, component, hooks);
  }
}
