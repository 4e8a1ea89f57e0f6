package dev.bitfold.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.Recipe;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class BadInputTest {
  private static final InputType FOUR = InputType.feedForward(4);

  private static MultiLayerNetwork dense() {
    return Networks.of(
        FOUR,
        new DenseLayer.Builder().name("hidden").nOut(5).build(),
        new OutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
  }

  private static void assertRefused(String expected, Runnable action) {
    String message = String.valueOf(assertThrows(RuntimeException.class, action::run).getMessage());
    assertTrue(message.contains(expected), message);
  }

  @Test
  void aNetworkThatWasNeverInitialisedIsRefused() {
    MultiLayerNetwork list = new MultiLayerNetwork(dense().getLayerWiseConfigurations());
    assertRefused("never initialised", () -> Dl4jQuantizer.of(list));
    assertRefused("call init()", () -> Dl4jQuantizer.left(list));
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .graphBuilder()
                .addInputs("in")
                .addLayer("head", new OutputLayer.Builder().nIn(4).nOut(2).build(), "in")
                .setOutputs("head")
                .build());
    assertRefused("never initialised", () -> Dl4jQuantizer.of(graph));
  }

  @Test
  void anotherPrecisionIsRefusedWithTheCallThatConverts() {
    MultiLayerNetwork network =
        Networks.of(DataType.DOUBLE, FOUR, new DenseLayer.Builder().nOut(5).build());
    assertRefused(
        "computes in DOUBLE, and only networks in FLOAT are quantized: quantize"
            + " network.convertDataType(DataType.FLOAT)",
        () -> Dl4jQuantizer.of(network));
    assertFalse(Dl4jQuantizer.of(network.convertDataType(DataType.FLOAT)).descriptors().isEmpty());
  }

  @Test
  void aLayerOfAnUnknownClassStaysFloatAndIsListed() {
    MultiLayerNetwork network =
        Networks.of(
            FOUR,
            new DenseLayer.Builder().name("hidden").nOut(5).build(),
            new PReLULayer.Builder().inputShape(5).name("slope").build(),
            new ActivationLayer.Builder().activation(Activation.RELU).build(),
            new OwnOutput());
    assertEquals(
        List.of(
            "slope (PReLULayer): Bitfold does not know how this class computes with its parameters",
            "own (OwnOutput): Bitfold does not know how this class computes with its parameters"),
        Dl4jQuantizer.left(network).stream().map(LeftLayer::toString).toList());
    assertEquals(
        List.of("hidden.W", "hidden.x"),
        Dl4jQuantizer.of(network).descriptors().keySet().stream().sorted().toList());
    MultiLayerNetwork none =
        Networks.of(FOUR, new PReLULayer.Builder().inputShape(4).name("slope").build());
    assertRefused("holds no layer with anything to quantize", () -> Dl4jQuantizer.of(none));
  }

  /** A class of a user's own, which may compute anything. */
  private static final class OwnOutput extends OutputLayer {
    private static final long serialVersionUID = 1;

    OwnOutput() {
      super(new OutputLayer.Builder(LossFunction.MSE).name("own").nOut(2));
    }
  }

  @Test
  void anInputThatTheNetworkPermutesStaysFloatAndIsListed() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .list()
                .layer(
                    new DepthwiseConvolution2D.Builder(3, 3).name("first").nIn(3).nOut(3).build())
                .layer(
                    new DepthwiseConvolution2D.Builder(3, 3)
                        .name("last")
                        .nIn(3)
                        .nOut(3)
                        .dataFormat(CNN2DFormat.NHWC)
                        .build())
                .build());
    network.init();
    Plan<MultiLayerNetwork> plan = Dl4jQuantizer.of(network);
    assertFalse(plan.descriptors().containsKey("last.x"));
    assertTrue(plan.descriptors().containsKey("last.W"));
    assertEquals(
        List.of(
            "last (DepthwiseConvolution2D): its input: the network permutes it behind the preprocessor,"
                + " as the layer before has another data format"),
        Dl4jQuantizer.left(network).stream().map(LeftLayer::toString).toList());
  }

  @Test
  void aQuantizedNetworkIsNotQuantizedTrainedOrSavedAsIfItWereFloat(@TempDir Path folder) {
    INDArray x = Networks.random(1, 3, 4);
    MultiLayerNetwork int8 =
        Dl4jQuantizer.of(dense()).calibrate(List.of(x), MultiLayerNetwork::output).freeze().model();
    assertRefused("it is quantized already; quantize the original", () -> Dl4jQuantizer.of(int8));
    assertRefused(
        "a quantized network is not trained", () -> int8.fit(x, Networks.random(2, 3, 2)));
    File file = folder.resolve("network.zip").toFile();
    RuntimeException refused =
        assertThrows(RuntimeException.class, () -> ModelSerializer.writeModel(int8, file, false));
    assertTrue(
        String.valueOf(refused).contains("is saved with Quantized.save(file)"), refused::toString);
  }

  @Test
  void aNetworkWithOtherWeightsDoesNotTakeAFile(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("int8.safetensors");
    MultiLayerNetwork network = dense();
    INDArray x = Networks.random(1, 3, 4);
    var int8 = Dl4jQuantizer.of(network).calibrate(List.of(x), MultiLayerNetwork::output).freeze();
    int8.save(file);
    assertEquals(int8.model().output(x), Dl4jQuantizer.load(network, file).model().output(x));
    MultiLayerNetwork other =
        Networks.of(FOUR, new OutputLayer.Builder(LossFunction.MSE).name("head").nOut(3).build());
    assertThrows(Exception.class, () -> Dl4jQuantizer.load(other, file));
  }

  @Test
  void twoLayersOfOneNameAreRefused() {
    MultiLayerNetwork network =
        Networks.of(
            FOUR,
            new DenseLayer.Builder().name("same").nOut(5).build(),
            new OutputLayer.Builder(LossFunction.MSE).name("same").nOut(2).build());
    assertRefused(
        "two layers named same", () -> Dl4jQuantizer.of(network).using(Recipe.INT8_WEIGHTS));
  }
}
