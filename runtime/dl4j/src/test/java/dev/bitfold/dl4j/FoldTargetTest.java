package dev.bitfold.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Recipe;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class FoldTargetTest {
  private static Layer normalization() {
    return new BatchNormalization.Builder().name("norm").build();
  }

  private static MultiLayerNetwork network(Activation between) {
    MultiLayerNetwork network =
        Networks.of(
            InputType.convolutional(8, 8, 3),
            new ConvolutionLayer.Builder(3, 3).name("first").nOut(4).build(),
            normalization(),
            new ActivationLayer.Builder().activation(between).build(),
            new SubsamplingLayer.Builder(PoolingType.MAX).kernelSize(2, 2).build(),
            new ConvolutionLayer.Builder(3, 3).name("second").nOut(5).build(),
            new OutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
    INDArray gamma = network.getLayer("norm").getParam("gamma");
    gamma.putScalar(1, 30f);
    return network;
  }

  private static Quantized<MultiLayerNetwork> smoothed(MultiLayerNetwork network, INDArray x) {
    return Dl4jQuantizer.of(network)
        .using(Recipe.INT8.withSmoothQuant(0.5), "second")
        .calibrate(List.of(x), MultiLayerNetwork::output)
        .smoothQuant()
        .freeze();
  }

  @Test
  void aNormalizationTakesUpSmoothingScalesThroughLayersThatPassThemOn() {
    MultiLayerNetwork network = network(Activation.RELU);
    INDArray x = Networks.random(1, 4, 3, 8, 8);
    Quantized<MultiLayerNetwork> int8 = smoothed(network, x);
    assertFalse(int8.state().state().preQuantScales().containsKey("second.x"));
    assertTrue(int8.state().state().tensors().containsKey("norm.gamma"));
    INDArray before = network.output(x);
    assertEquals(
        0, before.distance2(int8.model().output(x)) / before.norm2Number().doubleValue(), 0.1);
  }

  @Test
  void otherwiseAnInputIsSmoothedWhereItIsRead() {
    INDArray x = Networks.random(1, 4, 3, 8, 8);
    Quantized<MultiLayerNetwork> int8 = smoothed(network(Activation.TANH), x);
    assertTrue(int8.state().state().preQuantScales().containsKey("second.x"));
    assertFalse(int8.state().state().tensors().containsKey("norm.gamma"));
  }
}
