package dev.bitfold.dl4j.onnx;

import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.graph.OnnxGraph;
import dev.bitfold.onnx.proof.OnnxProof;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Writes networks of Deeplearning4j as ONNX files, which Deeplearning4j itself cannot. The layers
 * may be dense layers, outputs, convolutions and depthwise convolutions in 1 or 2 dimensions,
 * channels first, pooling, batch normalization, activations and dropout. A file has the input
 * {@code input} and the output {@code output}; it is run in ONNX Runtime and compared with the
 * network, and nothing is written if they differ.
 */
public final class Dl4jOnnx {
  private static final String INPUT = "input";
  private static final String OUTPUT = "output";

  private Dl4jOnnx() {}

  /**
   * Writes a quantized network in QDQ form.
   *
   * @param network the float network that was quantized
   * @param input the shape of the input, -1 where it is open: {@code -1, 1, 28, 28}
   * @throws OnnxException if a layer cannot be written, which the message names with the reason; as
   *     {@link OnnxQdq#export} does; and if the file does not compute what the network computes
   * @throws IOException if the file cannot be written
   */
  public static OnnxQdq.Exported export(
      MultiLayerNetwork network, Quantized<MultiLayerNetwork> quantized, Path out, long... input)
      throws IOException {
    OnnxGraph graph = graph(network, input);
    OnnxMapping mapping = NetworkChain.withNormalizations(network, graph.mapping());
    return OnnxQdq.export(
        graph.weights(),
        quantized,
        mapping.within(quantized),
        out,
        OnnxOptions.DEFAULT.withProof(against(quantized.model())));
  }

  /**
   * Writes a float network.
   *
   * @param input the shape of the input, -1 where it is open
   * @throws OnnxException if a layer cannot be written, which the message names with the reason, or
   *     the file does not compute what the network computes
   * @throws IOException if the file cannot be written
   */
  public static OnnxQdq.Exported write(MultiLayerNetwork network, Path out, long... input)
      throws IOException {
    return graph(network, input).write(against(network), out);
  }

  private static OnnxGraph graph(MultiLayerNetwork network, long... input) {
    OnnxGraph graph = OnnxGraph.named("network");
    graph.output(OUTPUT, new NetworkChain(network).after(graph.input(INPUT, input)));
    return graph;
  }

  private static OnnxProof against(MultiLayerNetwork network) {
    Function<Map<String, INDArray>, Map<String, INDArray>> outputs =
        feed -> Map.of(OUTPUT, network.output(Objects.requireNonNull(feed.get(INPUT))));
    return OnnxProof.random().against(outputs);
  }
}
