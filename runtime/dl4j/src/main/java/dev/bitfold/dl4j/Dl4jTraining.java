package dev.bitfold.dl4j;

import dev.bitfold.Quantized;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Fine-tunes networks with their quantizers in place, by Deeplearning4j's own {@code fit}.
 *
 * <pre>{@code
 * MultiLayerNetwork training = Dl4jTraining.of(network, int4);
 * training.fit(batches);
 * MultiLayerNetwork trained = Dl4jTraining.floatNetwork(training);
 * Quantized<MultiLayerNetwork> better =
 *     Dl4jQuantizer.of(trained).describe(…).calibrate(images, MultiLayerNetwork::output).freeze();
 * }</pre>
 *
 * <p>A network that trains computes, forward and backward, with quantized weights and inputs. The
 * gradient passes a rounding as it is (straight through), also beyond an amax. Updates change float
 * weights. The scales of weights follow the weights at each step; those of inputs stay as they were
 * calibrated. The updater is that of the network's configuration.
 */
public final class Dl4jTraining {
  private Dl4jTraining() {}

  /**
   * Returns a network that trains. It shares no array with the others.
   *
   * @param network the float network that was quantized
   * @param quantized its formats and scales; of another network with the same layers, too
   * @throws IllegalArgumentException if it is smoothed, or Deeplearning4j has no place where the
   *     weights of a layer can be quantized in training; the message names the layer
   */
  public static MultiLayerNetwork of(
      MultiLayerNetwork network, Quantized<MultiLayerNetwork> quantized) {
    return new TrainingNetwork<>(Dl4jQuantizer.MULTI_LAYER.access(), quantized).of(network);
  }

  /** Returns a network that trains, as {@link #of(MultiLayerNetwork, Quantized)}. */
  public static ComputationGraph of(
      ComputationGraph network, Quantized<ComputationGraph> quantized) {
    return new TrainingNetwork<>(Dl4jQuantizer.GRAPH.access(), quantized).of(network);
  }

  /** Returns the float network of one that trains, with the trained weights, as copies. */
  public static MultiLayerNetwork floatNetwork(MultiLayerNetwork training) {
    return TrainingNetwork.restored(Dl4jQuantizer.MULTI_LAYER.access(), training);
  }

  /** Returns the float network of one that trains, with the trained weights, as copies. */
  public static ComputationGraph floatNetwork(ComputationGraph training) {
    return TrainingNetwork.restored(Dl4jQuantizer.GRAPH.access(), training);
  }
}
