package dev.bitfold.examples.dl4j;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** LeNet (LeCun et al., 1998) with ReLU and max pooling, for images of 28 x 28. */
final class LeNet {
  static final int CLASSES = 10;
  private static final int EPOCHS = 3;

  private LeNet() {}

  static MultiLayerNetwork train(List<DataSet> batches) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .weightInit(WeightInit.RELU)
                .activation(Activation.RELU)
                .updater(new Adam(2e-3))
                .list()
                .layer(new ConvolutionLayer.Builder(5, 5).name("conv1").nOut(6).build())
                .layer(pool("pool1"))
                .layer(new ConvolutionLayer.Builder(5, 5).name("conv2").nOut(16).build())
                .layer(pool("pool2"))
                .layer(new DenseLayer.Builder().name("fc1").nOut(120).build())
                .layer(new DenseLayer.Builder().name("fc2").nOut(84).build())
                .layer(
                    new OutputLayer.Builder(LossFunction.MCXENT)
                        .name("fc3")
                        .activation(Activation.SOFTMAX)
                        .nOut(CLASSES)
                        .build())
                .setInputType(InputType.convolutional(28, 28, 1))
                .build());
    network.init();
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      batches.forEach(network::fit);
    }
    return network;
  }

  private static SubsamplingLayer pool(String name) {
    return new SubsamplingLayer.Builder(PoolingType.MAX)
        .name(name)
        .kernelSize(2, 2)
        .stride(2, 2)
        .build();
  }

  /** The share of images, in percent, whose likeliest class is theirs. */
  static double accuracy(MultiLayerNetwork network, List<DataSet> batches) {
    long right = 0;
    long all = 0;
    for (DataSet batch : batches) {
      INDArray same = network.output(batch.getFeatures()).argMax(1).eq(batch.getLabels().argMax(1));
      right += same.castTo(batch.getLabels().dataType()).sumNumber().longValue();
      all += batch.numExamples();
    }
    return 100.0 * right / all;
  }
}
