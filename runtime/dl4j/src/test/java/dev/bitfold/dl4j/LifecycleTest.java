package dev.bitfold.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.reconstruction.ReconstructionOptions;
import java.util.List;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** What comes after calibration works on networks as on annotated models. */
class LifecycleTest {
  private static final QuantDescriptor FOUR_BITS =
      QuantDescriptor.builder().bits(4).per("O").build();

  private static MultiLayerNetwork sequences() {
    return Networks.of(
        InputType.recurrent(6, 5),
        new LSTM.Builder().name("first").nOut(6).build(),
        new SelfAttentionLayer.Builder()
            .name("attention")
            .nOut(6)
            .nHeads(2)
            .headSize(3)
            .projectInput(true)
            .build(),
        new LSTM.Builder().name("second").nOut(6).build(),
        new RnnOutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
  }

  private static Calibration<MultiLayerNetwork> calibrated(
      MultiLayerNetwork network, INDArray x, QuantDescriptor weights) {
    Plan<MultiLayerNetwork> plan = Dl4jQuantizer.of(network);
    return plan.describe("*.W", weights).calibrate(List.of(x), MultiLayerNetwork::output);
  }

  @Test
  void layersWhoseActivationDoesNotSeeTheirOutputAreMeasuredAndPassErrorsToNoOther() {
    MultiLayerNetwork network = sequences();
    INDArray x = Networks.random(1, 8, 6, 5);
    x.slice(2, 1).muli(20);
    Calibration<MultiLayerNetwork> calibration = calibrated(network, x, FOUR_BITS);
    assertEquals(
        List.of("first", "attention", "second", "head"),
        calibration.diagnose().layers().stream().map(layer -> layer.path()).toList());
    Quantized<MultiLayerNetwork> smoothed =
        Dl4jQuantizer.of(network)
            .using(Recipe.INT8_SMOOTH_QUANT.withSmoothQuant(0.5), "head")
            .calibrate(List.of(x), MultiLayerNetwork::output)
            .smoothQuant()
            .freeze();
    assertTrue(smoothed.state().state().preQuantScales().containsKey("head.x"));
    INDArray before = network.output(x);
    assertEquals(
        0, before.distance2(smoothed.model().output(x)) / before.norm2Number().doubleValue(), 0.2);
  }

  @Test
  void weightsOfFewBitsAreReconstructedByWhatTheLayersComputeBeforeTheirActivation() {
    MultiLayerNetwork network =
        Networks.of(
            InputType.convolutional(8, 8, 3),
            new ConvolutionLayer.Builder(3, 3).name("conv").nOut(6).build(),
            new OutputLayer.Builder(LossFunction.MSE).name("head").nOut(2).build());
    INDArray x = Networks.random(1, 16, 3, 8, 8);
    Calibration<MultiLayerNetwork> rounded = calibrated(network, x, FOUR_BITS);
    Calibration<MultiLayerNetwork> fitted = rounded.reconstruct(ReconstructionOptions.DEFAULT);
    Reconstruction conv =
        fitted.reconstructions().weights().stream()
            .filter(weight -> weight.path().equals("conv.W"))
            .findFirst()
            .orElseThrow();
    assertTrue(conv.reached() < 0.98 * conv.nearest(), conv::inWords);
    INDArray expected = network.output(x);
    INDArray corrected = rounded.correctBiases().freeze().model().output(x);
    assertEquals(0, expected.distance2(corrected) / expected.norm2Number().doubleValue(), 0.1);
  }

  @Test
  void aCompressedNetworkComputesTheSame() {
    MultiLayerNetwork network = sequences();
    INDArray x = Networks.random(1, 8, 6, 5);
    Quantized<MultiLayerNetwork> int8 = calibrated(network, x, QuantDescriptor.bits(8)).freeze();
    assertEquals(int8.model().output(x), int8.compress().model().output(x));
  }
}
