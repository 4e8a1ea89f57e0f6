package dev.bitfold.examples.dl4j;

import dev.bitfold.Quantized;
import dev.bitfold.dl4j.Dl4jQuantizer;
import java.io.IOException;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;

/** Trains two networks, quantizes them to int8 and says what that costs. */
public final class Main {
  private Main() {}

  public static void main(String[] args) throws IOException {
    List<DataSet> digits = Digits.load();
    List<DataSet> test = digits.subList(0, Digits.TEST_BATCHES);
    MultiLayerNetwork lenet = LeNet.train(digits.subList(Digits.TEST_BATCHES, digits.size()));
    Quantized<MultiLayerNetwork> lenet8 = quantize(lenet, digits.subList(30, 40));
    System.out.println(lenet8.summary());
    System.out.printf(
        "LeNet: %.2f %% of the test images, int8 %.2f %%%n",
        LeNet.accuracy(lenet, test), LeNet.accuracy(lenet8.model(), test));

    Text text = Text.load();
    MultiLayerNetwork lstm = CharacterLstm.train(text);
    Quantized<MultiLayerNetwork> lstm8 = quantize(lstm, text.train().subList(0, 4));
    System.out.println(lstm8.summary());
    Dl4jQuantizer.left(lstm).forEach(left -> System.out.println("float: " + left));
    System.out.printf(
        "LSTM: a loss of %.4f a character, int8 %.4f%n",
        CharacterLstm.loss(lstm, text.test()), CharacterLstm.loss(lstm8.model(), text.test()));
  }

  /** Quantizes weights and inputs, with scales from the batches. */
  static Quantized<MultiLayerNetwork> quantize(MultiLayerNetwork network, List<DataSet> batches) {
    List<INDArray> inputs = batches.stream().map(DataSet::getFeatures).toList();
    return Dl4jQuantizer.of(network).calibrate(inputs, MultiLayerNetwork::output).freeze();
  }
}
