package dev.bitfold.dl4j.layer;

import dev.bitfold.layer.ArrayHooks;
import java.util.Collection;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer that passes its output through hooks, for layers whose activation function does not see
 * it. Step by step, as in {@code rnnTimeStep}, Deeplearning4j calls the layer inside.
 */
@SuppressWarnings("serial") // A network with hooks is not saved: see HookedInput.
final class ObservedLayer extends BaseWrapperLayer {
  private final ArrayHooks hooks;

  ObservedLayer(org.deeplearning4j.nn.conf.layers.Layer layer, ArrayHooks hooks) {
    super(layer instanceof ObservedLayer other ? other.getUnderlying() : layer);
    this.hooks = hooks;
    this.layerName = layer.getLayerName();
  }

  @Override
  public Layer instantiate(
      NeuralNetConfiguration configuration,
      Collection<TrainingListener> listeners,
      int index,
      INDArray params,
      boolean initialize,
      DataType type) {
    NeuralNetConfiguration inner = configuration.clone();
    inner.setLayer(getUnderlying());
    return new Observed(
        getUnderlying().instantiate(inner, listeners, index, params, initialize, type), hooks);
  }

  private static final class Observed
      extends org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer {
    private final ArrayHooks hooks;

    Observed(Layer layer, ArrayHooks hooks) {
      super(layer);
      this.hooks = hooks;
    }

    @Override
    public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
      return hooks.output(underlying.activate(training, workspaces));
    }

    @Override
    public INDArray activate(INDArray input, boolean training, LayerWorkspaceMgr workspaces) {
      return hooks.output(underlying.activate(input, training, workspaces));
    }
  }
}
