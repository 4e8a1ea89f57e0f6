package dev.bitfold.examples.dl4j;

import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.ops.transforms.Transforms;

/** An LSTM that predicts the next character. */
final class CharacterLstm {
  private static final int UNITS = 64;
  private static final int EPOCHS = 12;

  private CharacterLstm() {}

  static MultiLayerNetwork train(Text text) {
    int characters = text.characters().length();
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .weightInit(WeightInit.XAVIER)
                .activation(Activation.TANH)
                .updater(new Adam(1e-2))
                .list()
                .layer(new LSTM.Builder().name("lstm").nOut(UNITS).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .name("next")
                        .activation(Activation.SOFTMAX)
                        .nOut(characters)
                        .build())
                .setInputType(InputType.recurrent(characters))
                .build());
    network.init();
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
      text.train().forEach(network::fit);
    }
    return network;
  }

  /** The mean cross entropy of a character, in nats. */
  static double loss(MultiLayerNetwork network, List<DataSet> batches) {
    double sum = 0;
    long all = 0;
    for (DataSet batch : batches) {
      sum -=
          Transforms.log(network.output(batch.getFeatures()))
              .muli(batch.getLabels())
              .sumNumber()
              .doubleValue();
      all += batch.getLabels().size(0) * batch.getLabels().size(2);
    }
    return sum / all;
  }
}
