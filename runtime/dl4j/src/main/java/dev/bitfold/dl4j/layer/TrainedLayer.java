package dev.bitfold.dl4j.layer;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer that computes with quantized weights and inputs, and trains the float weights: the
 * gradient passes the rounding as it is (straight through).
 */
public final class TrainedLayer implements LayerChange {
  private final @Nullable UnaryOperator<INDArray> input;
  private final Map<String, UnaryOperator<INDArray>> weights;

  private TrainedLayer(
      @Nullable UnaryOperator<INDArray> input, Map<String, UnaryOperator<INDArray>> weights) {
    this.input = input;
    this.weights = weights;
  }

  /**
   * Returns a layer that trains.
   *
   * @param quantizers what quantizes a tensor in Bitfold's form, by its name; null if it is float
   * @throws IllegalArgumentException if Deeplearning4j has no place where the weights of the layer
   *     can be quantized in training, or noise is there already
   */
  public static TrainedLayer of(
      NetworkLayer layer,
      Layer configuration,
      Function<String, @Nullable UnaryOperator<INDArray>> quantizers) {
    Map<String, UnaryOperator<INDArray>> weights = new HashMap<>();
    for (Parameter parameter : layer.kind().parameters()) {
      UnaryOperator<INDArray> quantizer = quantizers.apply(parameter.key());
      if (quantizer != null) {
        weights.put(parameter.key(), own -> parameter.through(quantizer, own));
      }
    }
    if (!weights.isEmpty()) {
      requireNoise(layer.name(), KnownLayers.inner(configuration));
    }
    return new TrainedLayer(quantizers.apply(LayerKind.INPUT), weights);
  }

  private static void requireNoise(String name, Layer inner) {
    boolean past =
        inner instanceof Convolution1DLayer
            || inner instanceof EmbeddingLayer
            || inner instanceof EmbeddingSequenceLayer;
    if (!(inner instanceof BaseLayer base) || past) {
      throw new IllegalArgumentException(
          "layer "
              + name
              + " ("
              + inner.getClass().getSimpleName()
              + ") cannot be trained with quantized weights: Deeplearning4j reads them without"
              + " asking its weight noise; skip it in the plan: plan.skip(\""
              + name
              + "\")");
    }
    if (base.getWeightNoise() != null) {
      throw new IllegalArgumentException(
          "layer "
              + name
              + " has weight noise of its own, "
              + base.getWeightNoise()
              + ", and quantized weights take its place: train without it, or skip the layer");
    }
  }

  /** Returns the change that makes a float layer of one that trains. */
  public static LayerChange restored() {
    return new LayerChange() {
      @Override
      public @Nullable InputPreProcessor before(@Nullable InputPreProcessor present) {
        return present instanceof TrainedInput trained ? trained.own() : present;
      }

      @Override
      public void configure(NeuralNetConfiguration configuration) {
        if (KnownLayers.inner(configuration.getLayer()) instanceof BaseLayer base
            && base.getWeightNoise() instanceof QuantizedParameters) {
          base.setWeightNoise(null);
        }
      }

      @Override
      public void write(Map<String, INDArray> params) {}
    };
  }

  @Override
  public @Nullable InputPreProcessor before(@Nullable InputPreProcessor present) {
    return input == null ? present : new TrainedInput(input, present);
  }

  @Override
  public void configure(NeuralNetConfiguration configuration) {
    if (!weights.isEmpty()
        && KnownLayers.inner(configuration.getLayer()) instanceof BaseLayer base) {
      base.setWeightNoise(new QuantizedParameters(weights));
    }
  }

  @Override
  public void write(Map<String, INDArray> params) {}
}
