package dev.bitfold.dl4j.lenet;

import dev.bitfold.annotations.QuantizeModel;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions;
import org.nd4j.linalg.ops.transforms.Transforms;

/** LeNet as annotated classes, beside the same net of Deeplearning4j. */
@QuantizeModel
record LeNet(Conv conv1, Conv conv2, Linear fc1, Linear fc2, Linear fc3) {
  /** Returns Deeplearning4j's net for images of 28 x 28. */
  static MultiLayerNetwork network() {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .weightInit(WeightInit.RELU)
                .updater(new Adam(1e-3))
                .activation(Activation.RELU)
                .list()
                .layer(new ConvolutionLayer.Builder(5, 5).name("conv1").nOut(6).build())
                .layer(pool())
                .layer(new ConvolutionLayer.Builder(5, 5).name("conv2").nOut(16).build())
                .layer(pool())
                .layer(new DenseLayer.Builder().name("fc1").nOut(120).build())
                .layer(new DenseLayer.Builder().name("fc2").nOut(84).build())
                .layer(
                    new OutputLayer.Builder(LossFunctions.LossFunction.MCXENT)
                        .name("fc3")
                        .nOut(10)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.convolutional(28, 28, 1))
                .build());
    network.init();
    return network;
  }

  private static SubsamplingLayer pool() {
    return new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }

  /** Returns the annotated net with the weights of Deeplearning4j's. */
  static LeNet of(MultiLayerNetwork network) {
    return new LeNet(
        conv(network, "conv1"),
        conv(network, "conv2"),
        linear(network, "fc1"),
        linear(network, "fc2"),
        linear(network, "fc3"));
  }

  private static Conv conv(MultiLayerNetwork network, String layer) {
    return new Conv(param(network, layer, "W"), param(network, layer, "b"));
  }

  private static Linear linear(MultiLayerNetwork network, String layer) {
    return new Linear(param(network, layer, "W"), param(network, layer, "b"));
  }

  private static INDArray param(MultiLayerNetwork network, String layer, String key) {
    INDArray param = network.getLayer(layer).getParam(key);
    INDArray dense = param.dup(param.ordering());
    return key.equals("b") ? dense.reshape(dense.length()) : dense;
  }

  /** Returns the probabilities [n, 10] of images [n, 1, 28, 28]. */
  INDArray forward(INDArray images) {
    INDArray x = pool(Transforms.relu(conv1.forward(images), false));
    x = pool(Transforms.relu(conv2.forward(x), false));
    x = Transforms.relu(fc1.forward(x.reshape('c', x.size(0), -1)), false);
    x = Transforms.relu(fc2.forward(x), false);
    return Activation.SOFTMAX.getActivationFunction().getActivation(fc3.forward(x), false);
  }

  private static INDArray pool(INDArray x) {
    return Nd4j.exec(
        DynamicCustomOp.builder("maxpool2d")
            .addInputs(x)
            .addIntegerArguments(2, 2, 2, 2, 0, 0, 1, 1, 0, 1, 0)
            .build())[0];
  }
}
