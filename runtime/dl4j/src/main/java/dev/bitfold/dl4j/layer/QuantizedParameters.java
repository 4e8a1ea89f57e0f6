package dev.bitfold.dl4j.layer;

import java.util.Map;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.weightnoise.IWeightNoise;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Quantizes parameters wherever a layer reads them. Deeplearning4j calls that noise: a layer
 * computes forward and backward with what it is given, and updates what it holds.
 */
@SuppressWarnings("serial") // It is part of a network that trains, which is not saved.
final class QuantizedParameters implements IWeightNoise {
  private final Map<String, UnaryOperator<INDArray>> quantizers;

  QuantizedParameters(Map<String, UnaryOperator<INDArray>> quantizers) {
    this.quantizers = Map.copyOf(quantizers);
  }

  @Override
  public INDArray getParameter(
      Layer layer,
      String key,
      int iteration,
      int epoch,
      boolean train,
      LayerWorkspaceMgr workspaces) {
    INDArray own = layer.getParam(key);
    UnaryOperator<INDArray> quantizer = quantizers.get(key);
    return quantizer == null ? own : quantizer.apply(own);
  }

  @Override
  public QuantizedParameters clone() {
    return this;
  }
}
