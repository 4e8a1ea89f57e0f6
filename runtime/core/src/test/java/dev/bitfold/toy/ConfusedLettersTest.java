package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.calibration.CalibrationException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Checks that letters whose sizes contradict each other are distinguished from letters that only
 * look unusual.
 */
class ConfusedLettersTest {
  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(DataType.FLOAT, shape);
  }

  private static String refusal(INDArray x, Product layer, String input, String... weights) {
    return String.valueOf(
        assertThrows(
                CalibrationException.class,
                () ->
                    Product.plan(layer, input, weights).calibrate(List.of(x), Product.Net::forward))
            .getMessage());
  }

  private static void passes(INDArray x, Product layer, String input, String... weights) {
    assertDoesNotThrow(
        () -> Product.plan(layer, input, weights).calibrate(List.of(x), Product.Net::forward));
  }

  private static Product linear(INDArray weight) {
    return new Product((x, w) -> x.mmul(w.get(0)), weight);
  }

  /** Of whatever shape the weight is: all of the input, times the weight's sum. */
  private static Product any(INDArray... weights) {
    return new Product((x, w) -> x.mul(w.get(0).sumNumber().doubleValue() + 1), weights);
  }

  @Test
  void swappedLettersOfALinearLayerAreNamedWithTheRightOnes() {
    assertEquals(
        "batch 0: layer.weight (Product, layout OI): letters contradict each other: weight"
            + " [16, 32] with layout OI has I = 32, and x [64, 16] with layout …C has C = 16;"
            + " its O would fit: if the two letters are swapped, write layout = \"IO\"",
        refusal(normal(1, 64, 16), linear(normal(2, 16, 32)), "…C", "OI"));
    passes(normal(1, 64, 16), linear(normal(2, 16, 32)), "…C", "IO");
    // A multiple of the channels is no excuse.
    assertTrue(
        refusal(normal(1, 64, 32), linear(normal(2, 32, 16)), "NC", "OI").contains("\"IO\""));
  }

  @Test
  void swappedLettersOfAConvolutionAreNamed() {
    INDArray images = normal(1, 2, 16, 5, 5);
    String message = refusal(images, any(normal(2, 32, 16, 3, 3)), "NCHW", "IOHW");
    assertTrue(message.contains("I = 32") && message.contains("C = 16"), message);
    assertTrue(message.contains("\"OIHW\""), message);
    assertTrue(
        refusal(images, any(normal(2, 3, 3, 16, 32)), "NCHW", "OIHW").contains("I = 3, and"));
    passes(images, any(normal(2, 3, 3, 16, 32)), "NCHW", "HWIO");
  }

  @Test
  void aWrongLetterOfTheInputIsNamed() {
    String message = refusal(normal(1, 2, 7, 16), any(normal(2, 16, 8)), "NCT", "IO");
    assertTrue(message.contains("and x [2, 7, 16] with layout NCT has C = 7"), message);
    assertTrue(message.contains("name the axes as they lie"), message);
  }

  @Test
  void groupsSeeAPartOfTheChannels() {
    passes(normal(1, 2, 16, 5, 5), any(normal(2, 32, 4, 3, 3)), "NCHW", "OIHW");
    passes(normal(1, 2, 16, 5, 5), any(normal(2, 16, 1, 3, 3)), "NCHW", "OIHW");
    passes(normal(1, 2, 5, 16), any(normal(2, 48, 1, 3)), "NTC", "OIT");
  }

  @Test
  void inputsMayBeFlattenedOrUnfoldedOnTheWay() {
    passes(normal(1, 2, 4, 3, 3), any(normal(2, 36, 4)), "NCHW", "IO");
    passes(normal(1, 2, 3, 8, 8), any(normal(2, 10, 3 * 4 * 4)), "NCHW", "OI");
  }

  @Test
  void ofTwoWeightsOneMayReadWhatTheOtherGives() {
    INDArray x = normal(1, 8, 16);
    passes(x, any(normal(2, 16, 64), normal(3, 64, 16)), "NC", "IO", "IO");
    passes(x, any(normal(2, 16, 128), normal(3, 64, 16)), "NC", "IO", "IO");
    passes(x, any(normal(2, 16, 96), normal(3, 24, 96)), "NC", "IO", "IO");
    String message = refusal(x, any(normal(2, 16, 40), normal(3, 16, 36)), "NC", "IO", "OI");
    assertTrue(message.contains("layer.second"), message);
  }

  @Test
  void anInputThatNamesNoChannelsIsNotJudged() {
    passes(normal(1, 8, 16), linear(normal(2, 16, 32)), "", "OI");
  }

  @Test
  void aWrongWidthNamesLayerAndSizesOnceTheModelIsUsed() {
    Product.Net net =
        Product.plan(linear(normal(2, 16, 32)), "…C", "IO")
            .calibrate(List.of(normal(1, 8, 16)), Product.Net::forward)
            .freeze()
            .model();

    assertEquals(
        "layer.x (Product, FLOAT [4, 12], layout …C, int8 per tensor): 12 channels do not match"
            + " weight [16, 32] with layout IO, whose I is 16",
        assertThrows(IllegalArgumentException.class, () -> net.forward(normal(3, 4, 12)))
            .getMessage());
    assertDoesNotThrow(() -> net.forward(normal(3, 2, 3, 16).reshape(6, 16)));
  }

  @Test
  void swappedLettersOfASquareWeightAreFoundByRunningIt() {
    INDArray x = normal(1, 16, 16);
    INDArray weight = normal(2, 16, 16);
    assertEquals(
        "layer.weight (Product, FLOAT [16, 16], layout OI): its letters are swapped: one index of"
            + " its axis O affects all of the layer's output, and one index of its axis I affects a"
            + " single channel; write layout = \"IO\"",
        refusal(x, linear(weight), "NC", "OI"));
    passes(x, linear(weight), "NC", "IO");
    passes(x, new Product((y, w) -> Nd4j.gemm(y, w.get(0), false, true), weight), "NC", "OI");
    Product tanh = new Product((y, w) -> Transforms.tanh(y.mmul(w.get(0)).muli(0.1)), weight);
    assertTrue(refusal(x, tanh, "NC", "OI").contains("swapped"));
    passes(x, tanh, "NC", "IO");
  }

  @Test
  void aSquareKernelIsProbedAsWell() {
    INDArray images = normal(1, 2, 8, 4, 4);
    INDArray kernel = normal(2, 8, 8, 3, 3);
    // Their means, times the kernel's: as much of a convolution as letters need.
    Product oihw =
        new Product((x, w) -> Nd4j.gemm(x.mean(2, 3), w.get(0).mean(2, 3), false, true), kernel);
    assertTrue(refusal(images, oihw, "NCHW", "IOHW").contains("write layout = \"OIHW\""));
    passes(images, oihw, "NCHW", "OIHW");
  }

  @Test
  void whatMixesItsChannelsIsNotJudged() {
    INDArray x = normal(1, 16, 16);
    Product norm =
        new Product(
            (y, w) -> {
              INDArray z = y.mmul(w.get(0));
              return z.subColumnVector(z.mean(1)).divColumnVector(z.std(1));
            },
            normal(2, 16, 16));
    passes(x, norm, "NC", "IO");
    passes(x, norm, "NC", "OI");
    // Nothing passes the ReLU: no index changes anything.
    Product dead = new Product((y, w) -> Transforms.relu(y.mmul(w.get(0)).subi(1e6)), x);
    passes(x, dead, "NC", "IO");
    passes(x, dead, "NC", "OI");
  }
}
