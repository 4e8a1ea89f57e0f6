package dev.bitfold.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;

class Dl4jTrainingTest {
  private static MultiLayerNetwork dense() {
    MultiLayerNetwork network =
        Networks.of(
            InputType.feedForward(6),
            new DenseLayer.Builder().name("hidden").nOut(16).build(),
            new OutputLayer.Builder(LossFunction.MSE)
                .name("head")
                .activation(Activation.IDENTITY)
                .nOut(2)
                .build());
    network.setLearningRate(5e-3);
    return network;
  }

  private static Quantized<MultiLayerNetwork> quantized(MultiLayerNetwork network, INDArray x) {
    return twoBits(Dl4jQuantizer.of(network))
        .calibrate(List.of(x), MultiLayerNetwork::output)
        .freeze();
  }

  private static <N> Plan<N> twoBits(Plan<N> plan) {
    return plan.describe("*.W", QuantDescriptor.builder().bits(2).per("O").build());
  }

  private static DataSet data() {
    INDArray x = Networks.random(1, 128, 6);
    return new DataSet(x, Transforms.tanh(x.mmul(Networks.random(2, 6, 2))));
  }

  @Test
  void fitTrainsWhatTheQuantizedNetworkComputes() {
    DataSet data = data();
    INDArray x = data.getFeatures();
    MultiLayerNetwork network = dense();
    for (int i = 0; i < 300; i++) {
      network.fit(data);
    }
    INDArray before = network.params().dup();
    Quantized<MultiLayerNetwork> rounded = quantized(network, x);
    MultiLayerNetwork training = Dl4jTraining.of(network, rounded);
    assertEquals(rounded.model().output(x), training.output(x));

    for (int i = 0; i < 300; i++) {
      training.fit(data);
    }
    assertEquals(before, network.params());
    MultiLayerNetwork trained = Dl4jTraining.floatNetwork(training);
    assertEquals(training.params(), trained.params());
    double loss = rounded.model().score(data);
    double after = quantized(trained, x).model().score(data);
    assertTrue(after < 0.7 * loss, "from " + loss + " to " + after);
    assertNotEquals(training.output(x), trained.output(x));
  }

  @Test
  void gradientsAreThoseOfTheFloatNetworkAtTheQuantizedValues() {
    INDArray x = Networks.random(1, 8, 2, 6, 6);
    DataSet data = new DataSet(x, Networks.random(2, 8, 3));
    MultiLayerNetwork network =
        Networks.of(
            InputType.convolutional(6, 6, 2),
            new ConvolutionLayer.Builder(3, 3).name("conv").nOut(4).build(),
            new OutputLayer.Builder(LossFunction.MSE).name("head").nOut(3).build());
    Quantized<MultiLayerNetwork> weights =
        Dl4jQuantizer.of(network).using(Recipe.INT8_WEIGHTS).freeze();
    MultiLayerNetwork atQuantized = network.clone();
    atQuantized.setParams(weights.model().params());
    MultiLayerNetwork training = Dl4jTraining.of(network, weights);
    for (MultiLayerNetwork each : List.of(atQuantized, training)) {
      each.setInput(data.getFeatures());
      each.setLabels(data.getLabels());
      each.computeGradientAndScore();
    }
    assertEquals(atQuantized.gradient().gradient(), training.gradient().gradient());
  }

  @Test
  void graphsAndRecurrentLayersTrain() {
    MultiLayerNetwork list =
        Networks.of(
            InputType.recurrent(3, 5),
            new LSTM.Builder().name("lstm").nOut(4).build(),
            new RnnOutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
    ComputationGraph graph = list.toComputationGraph();
    INDArray x = Networks.random(1, 4, 3, 5);
    Quantized<ComputationGraph> int8 =
        Dl4jQuantizer.of(graph).calibrate(List.of(x), (g, batch) -> g.outputSingle(batch)).freeze();
    ComputationGraph training = Dl4jTraining.of(graph, int8);
    assertEquals(int8.model().outputSingle(x), training.outputSingle(x));
    training.fit(new DataSet(x, Networks.random(2, 4, 2, 5)));
    assertNotEquals(graph.params(), Dl4jTraining.floatNetwork(training).params());
  }

  @Test
  void whatStandsInTheWayIsNamed() {
    MultiLayerNetwork network =
        Networks.of(
            InputType.recurrent(3, 5),
            new Convolution1DLayer.Builder(3).name("conv").nOut(4).build(),
            new RnnOutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
    Quantized<MultiLayerNetwork> int8 =
        Dl4jQuantizer.of(network).using(Recipe.INT8_WEIGHTS).freeze();
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> Dl4jTraining.of(network, int8))
                .getMessage());
    assertTrue(message.contains("layer conv (Convolution1DLayer) cannot be trained"), message);
    assertTrue(message.contains("plan.skip(\"conv\")"), message);
  }
}
