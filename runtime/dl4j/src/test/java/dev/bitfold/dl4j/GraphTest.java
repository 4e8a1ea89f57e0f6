package dev.bitfold.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.bitfold.Quantized;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class GraphTest {
  private static ComputationGraph branches() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(5)
                .activation(Activation.RELU)
                .graphBuilder()
                .addInputs("image")
                .addLayer("left", new ConvolutionLayer.Builder(3, 3).nOut(4).build(), "image")
                .addLayer("right", new ConvolutionLayer.Builder(3, 3).nOut(2).build(), "image")
                .addVertex("both", new MergeVertex(), "left", "right")
                .addLayer("norm", new BatchNormalization(), "both")
                .addLayer("hidden", new DenseLayer.Builder().nOut(7).build(), "norm")
                .addLayer(
                    "head", new OutputLayer.Builder(LossFunction.MSE).nOut(3).build(), "hidden")
                .setOutputs("head")
                .setInputTypes(InputType.convolutional(6, 6, 2))
                .build());
    graph.init();
    return graph;
  }

  @Test
  void verticesAreQuantizedUnderTheirNames(@TempDir Path folder) throws Exception {
    ComputationGraph graph = branches();
    INDArray x = Networks.random(1, 4, 2, 6, 6);
    INDArray before = graph.outputSingle(x);
    Quantized<ComputationGraph> int8 =
        Dl4jQuantizer.of(graph).calibrate(List.of(x), (g, batch) -> g.outputSingle(batch)).freeze();
    assertEquals(
        Set.of(
            "left.W", "left.x", "right.W", "right.x", "hidden.W", "hidden.x", "head.W", "head.x"),
        int8.state().state().descriptors().keySet());
    INDArray after = int8.model().outputSingle(x);
    assertNotEquals(before, after);
    assertEquals(0, before.distance2(after) / before.norm2Number().doubleValue(), 0.05);
    assertEquals(before, graph.outputSingle(x));

    Path file = folder.resolve("int8.safetensors");
    int8.save(file);
    assertEquals(after, Dl4jQuantizer.load(graph, file).model().outputSingle(x));
  }

  @Test
  void aChainGivesTheBitsOfTheSameListOfLayers() {
    MultiLayerNetwork list =
        Networks.of(
            InputType.feedForward(4),
            new DenseLayer.Builder().name("hidden").nOut(5).build(),
            new OutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
    ComputationGraph graph = list.toComputationGraph();
    INDArray x = Networks.random(1, 6, 4);
    INDArray expected =
        Dl4jQuantizer.of(list)
            .calibrate(List.of(x), MultiLayerNetwork::output)
            .freeze()
            .model()
            .output(x);
    INDArray actual =
        Dl4jQuantizer.of(graph)
            .calibrate(List.of(x), (g, batch) -> g.outputSingle(batch))
            .freeze()
            .model()
            .outputSingle(x);
    assertEquals(expected, actual);
  }

  @Test
  void aVertexWithWeightsThatIsNoLayerIsListed() {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addVertex(
                    "attention",
                    new AttentionVertex.Builder()
                        .nInKeys(4)
                        .nInQueries(4)
                        .nInValues(4)
                        .nHeads(2)
                        .headSize(3)
                        .nOut(4)
                        .projectInput(true)
                        .build(),
                    "in",
                    "in",
                    "in")
                .addLayer("pool", new GlobalPoolingLayer(), "attention")
                .addLayer("head", new OutputLayer.Builder(LossFunction.MSE).nOut(2).build(), "pool")
                .setOutputs("head")
                .setInputTypes(InputType.recurrent(4, 5))
                .build());
    graph.init();
    assertEquals(
        List.of("attention (AttentionVertex)"),
        Dl4jQuantizer.left(graph).stream()
            .map(left -> left.layer() + " (" + left.type() + ")")
            .toList());
  }
}
