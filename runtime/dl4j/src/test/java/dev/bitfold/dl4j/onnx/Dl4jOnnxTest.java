package dev.bitfold.dl4j.onnx;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.dl4j.Dl4jQuantizer;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

class Dl4jOnnxTest {
  private static MultiLayerNetwork network(InputType input, Layer... layers) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder().seed(3).activation(Activation.RELU).list();
    for (Layer layer : layers) {
      list.layer(layer);
    }
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(input).build());
    network.init();
    return network;
  }

  private static MultiLayerNetwork images() {
    return network(
        InputType.convolutional(10, 10, 2),
        new ConvolutionLayer.Builder(3, 3)
            .name("conv")
            .convolutionMode(ConvolutionMode.Same)
            .nOut(4)
            .build(),
        new SubsamplingLayer.Builder(PoolingType.MAX)
            .name("pool")
            .kernelSize(2, 2)
            .stride(2, 2)
            .build(),
        new DepthwiseConvolution2D.Builder(3, 3)
            .name("depthwise")
            .depthMultiplier(2)
            .nIn(4)
            .nOut(8)
            .activation(Activation.IDENTITY)
            .build(),
        new BatchNormalization.Builder().name("norm").build(),
        new ActivationLayer.Builder().name("relu").activation(Activation.RELU).build(),
        new ConvolutionLayer.Builder(2, 2).name("last").nOut(6).build(),
        new DenseLayer.Builder().name("hidden").nOut(9).activation(Activation.TANH).build(),
        new OutputLayer.Builder(LossFunction.MCXENT)
            .name("head")
            .nOut(3)
            .activation(Activation.SOFTMAX)
            .build());
  }

  private static INDArray random(long... shape) {
    Nd4j.getRandom().setSeed(1);
    return Nd4j.randn(DataType.FLOAT, shape);
  }

  private void assertProved(OnnxQdq.Exported exported) {
    assertInstanceOf(ProofResult.Proved.class, exported.proof());
    assertTrue(exported.bytes() > 0);
  }

  @Test
  void aChainOfImagesIsWrittenAndProvedInFloatAndInInt8(@TempDir Path folder) throws Exception {
    MultiLayerNetwork network = images();
    assertProved(Dl4jOnnx.write(network, folder.resolve("float.onnx"), -1, 2, 10, 10));
    INDArray x = random(8, 2, 10, 10);
    Quantized<MultiLayerNetwork> int8 =
        Dl4jQuantizer.of(network).calibrate(List.of(x), MultiLayerNetwork::output).freeze();
    Path out = folder.resolve("int8.onnx");
    assertProved(Dl4jOnnx.export(network, int8, out, -1, 2, 10, 10));
    assertTrue(Files.size(out) > 0);
  }

  @Test
  void smoothingThatANormalizationTookUpIsWritten(@TempDir Path folder) throws Exception {
    MultiLayerNetwork network = images();
    network.getLayer("norm").getParam("gamma").putScalar(2, 40f);
    INDArray x = random(8, 2, 10, 10);
    Quantized<MultiLayerNetwork> int8 =
        Dl4jQuantizer.of(network)
            .skip("conv")
            .skip("depthwise")
            .skip("hidden")
            .skip("head")
            .calibrate(List.of(x), MultiLayerNetwork::output)
            .smoothQuant()
            .freeze();
    assertTrue(int8.state().state().tensors().containsKey("norm.gamma"));
    assertProved(Dl4jOnnx.export(network, int8, folder.resolve("int8.onnx"), -1, 2, 10, 10));
  }

  @Test
  void aChainOfSequencesIsWrittenAndProved(@TempDir Path folder) throws Exception {
    MultiLayerNetwork network =
        network(
            InputType.recurrent(3, 9),
            new Convolution1DLayer.Builder(3).name("conv").nOut(5).build(),
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .name("head")
                .nOut(4)
                .activation(Activation.SOFTMAX)
                .build());
    INDArray x = random(6, 3, 9);
    Quantized<MultiLayerNetwork> int8 =
        Dl4jQuantizer.of(network).calibrate(List.of(x), MultiLayerNetwork::output).freeze();
    assertProved(Dl4jOnnx.export(network, int8, folder.resolve("int8.onnx"), -1, 3, 9));
  }

  @Test
  void aLayerWithoutAnOnnxFormIsNamed(@TempDir Path folder) {
    MultiLayerNetwork network =
        network(
            InputType.recurrent(3, 9),
            new LSTM.Builder().name("lstm").nOut(5).build(),
            new RnnOutputLayer.Builder(LossFunction.MSE).name("head").nOut(4).build());
    Path out = folder.resolve("none.onnx");
    String message =
        String.valueOf(
            assertThrows(OnnxException.class, () -> Dl4jOnnx.write(network, out, -1, 3, 9))
                .getMessage());
    assertTrue(message.contains("layer lstm (LSTM) cannot be written"), message);
    assertFalse(Files.exists(out));
  }
}
