package dev.bitfold.examples.dl4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.dataset.DataSet;

class NetworksTest {
  @Test
  void anInt8LeNetReadsDigitsAsWellAsTheFloatOne() throws IOException {
    List<DataSet> digits = Digits.load();
    List<DataSet> test = digits.subList(0, Digits.TEST_BATCHES);
    MultiLayerNetwork lenet = LeNet.train(digits.subList(Digits.TEST_BATCHES, digits.size()));
    double accuracy = LeNet.accuracy(lenet, test);
    assertTrue(accuracy > 96, accuracy + " %");
    double int8 = LeNet.accuracy(Main.quantize(lenet, digits.subList(30, 40)).model(), test);
    assertEquals(accuracy, int8, 0.3);
  }

  @Test
  void anInt8LstmPredictsCharactersAsWellAsTheFloatOne() throws IOException {
    Text text = Text.load();
    MultiLayerNetwork lstm = CharacterLstm.train(text);
    double loss = CharacterLstm.loss(lstm, text.test());
    assertTrue(loss < 2.3, loss + " nats");
    double int8 =
        CharacterLstm.loss(Main.quantize(lstm, text.train().subList(0, 4)).model(), text.test());
    assertEquals(1, int8 / loss, 0.01);
  }
}
