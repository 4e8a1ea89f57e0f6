package hello;

import dev.bitfold.Quantized;
import java.util.List;
import java.util.stream.Stream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Quantizes a model of two layers to int8. Put your own layers and data in place of these. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    Nd4j.getRandom().setSeed(1);
    Mlp model = new Mlp(linear(64, 128), linear(128, 10));
    List<INDArray> batches = Stream.generate(Main::batch).limit(8).toList();

    Quantized<Mlp> quantized =
        MlpQuantizer.of(model) // what the annotations say
            .calibrate(batches, Mlp::forward) // finds the range of each input
            .smoothQuant() // searches an alpha for each layer, and proves the result
            .freeze();

    System.out.println(quantized.summary());
    INDArray x = batch();
    INDArray expected = model.forward(x);
    INDArray actual = quantized.model().forward(x);
    System.out.printf(
        "new data: the int8 output is %.2f %% from the float one%n",
        100 * actual.sub(expected).norm2Number().doubleValue()
            / expected.norm2Number().doubleValue());
    System.out.printf("cosine %.5f%n", Transforms.cosineSim(expected, actual));
  }

  private static Linear linear(int in, int out) {
    INDArray weight = Nd4j.randn(DataType.FLOAT, in, out).divi(Math.sqrt(in));
    return new Linear(weight, Nd4j.zeros(DataType.FLOAT, out));
  }

  /** Makes [32, 64] values, one channel much larger than the rest, as real activations have it. */
  private static INDArray batch() {
    INDArray x = Nd4j.randn(DataType.FLOAT, 32, 64);
    x.getColumn(7).muli(30);
    return x;
  }
}
