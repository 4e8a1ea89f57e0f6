package dev.bitfold.dl4j;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.dl4j.network.Graphs;
import dev.bitfold.dl4j.network.MultiLayers;
import dev.bitfold.layer.Component;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;

/**
 * Quantizes networks of Deeplearning4j. A layer's path is its name in the network, and its tensors
 * have Deeplearning4j's names: {@code conv1.W}, {@code lstm.RW}. Its input is {@code x}.
 *
 * <pre>{@code
 * Quantized<MultiLayerNetwork> int8 =
 *     Dl4jQuantizer.of(network).calibrate(images, MultiLayerNetwork::output).freeze();
 * INDArray scores = int8.model().output(x);
 * }</pre>
 *
 * <p>By default, weights are int8 with a scale per output channel, tables of embeddings int8 with a
 * scale per row, inputs int8 with one calibrated scale. The network that is quantized is never
 * changed, and shares no array with the result. As all networks of Deeplearning4j, the result is
 * not safe for concurrent use.
 */
public final class Dl4jQuantizer {
  static final NetworkComponent<MultiLayerNetwork> MULTI_LAYER =
      new NetworkComponent<>(new MultiLayers());

  static final NetworkComponent<ComputationGraph> GRAPH = new NetworkComponent<>(new Graphs());

  private Dl4jQuantizer() {}

  /**
   * Returns the default plan of a network.
   *
   * @throws IllegalArgumentException if the network was never initialised, does not compute in
   *     FLOAT, is quantized already, or has no layer to quantize
   */
  public static Plan<MultiLayerNetwork> of(MultiLayerNetwork network) {
    return MULTI_LAYER.plan(network);
  }

  /**
   * Returns the default plan of a network.
   *
   * @throws IllegalArgumentException as {@link #of(MultiLayerNetwork)}
   */
  public static Plan<ComputationGraph> of(ComputationGraph network) {
    return GRAPH.plan(network);
  }

  /**
   * Loads what {@link Quantized#save} wrote of a network.
   *
   * @param network the float network, as it was when the file was saved
   * @throws dev.bitfold.storage.StateFileException if the file is damaged or of another network
   * @throws IOException if it cannot be read
   */
  public static Quantized<MultiLayerNetwork> load(MultiLayerNetwork network, Path file)
      throws IOException {
    return MULTI_LAYER.load(network, file);
  }

  /**
   * Loads what {@link Quantized#save} wrote of a network, as {@link #load(MultiLayerNetwork,
   * Path)}.
   */
  public static Quantized<ComputationGraph> load(ComputationGraph network, Path file)
      throws IOException {
    return GRAPH.load(network, file);
  }

  /** Returns the layers with parameters that stay float in the default plan, and why. */
  public static List<LeftLayer> left(MultiLayerNetwork network) {
    return MULTI_LAYER.left(network);
  }

  /** Returns the layers with parameters that stay float in the default plan, and why. */
  public static List<LeftLayer> left(ComputationGraph network) {
    return GRAPH.left(network);
  }

  /** Returns how a network is rebuilt, for models that hold one. */
  public static Component<MultiLayerNetwork> multiLayerNetwork() {
    return MULTI_LAYER.component();
  }

  /** Returns how a network is rebuilt, for models that hold one. */
  public static Component<ComputationGraph> computationGraph() {
    return GRAPH.component();
  }
}
