package dev.bitfold.dl4j.lenet;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.dl4j.Dl4jQuantizer;
import java.util.List;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LeNetTest {
  private final MultiLayerNetwork network = LeNet.network();
  private final List<INDArray> batches = List.of(images(1), images(2));

  private static INDArray images(long seed) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.rand(DataType.FLOAT, 16, 1, 28, 28);
  }

  @Test
  void aNetworkComputesTheBitsOfTheAnnotatedClassesWithTheSameWeights() {
    LeNet annotated = LeNet.of(network);
    INDArray x = images(3);
    assertArrayEquals(floats(annotated.forward(x)), floats(network.output(x)));

    INDArray expected =
        LeNetQuantizer.of(annotated).calibrate(batches, LeNet::forward).freeze().model().forward(x);
    INDArray actual = quantized().model().output(x);
    assertArrayEquals(floats(expected), floats(actual));
    assertNotEquals(network.output(x), actual);
  }

  private Quantized<MultiLayerNetwork> quantized() {
    return Dl4jQuantizer.of(network).calibrate(batches, MultiLayerNetwork::output).freeze();
  }

  private static float[] floats(INDArray x) {
    return x.dup('c').data().asFloat();
  }

  @Test
  void theNetworkStaysAsItIsAndSharesNothingWithTheResult() {
    INDArray before = network.params().dup();
    INDArray output = network.output(batches.get(0));
    MultiLayerNetwork int8 = quantized().model();
    int8.params().assign(0);
    assertEquals(before, network.params());
    assertEquals(output, network.output(batches.get(0)));
  }

  @Test
  void pathsAreTheNamesOfTheNetworkAndOfItsParameters() {
    assertEquals(
        List.of(
            "conv1.W", "conv1.x", "conv2.W", "conv2.x", "fc1.W", "fc1.x", "fc2.W", "fc2.x", "fc3.W",
            "fc3.x"),
        Dl4jQuantizer.of(network).descriptors().keySet().stream().sorted().toList());
    assertTrue(Dl4jQuantizer.left(network).isEmpty());
  }
}
