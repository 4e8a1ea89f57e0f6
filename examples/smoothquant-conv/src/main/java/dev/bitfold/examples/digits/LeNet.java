package dev.bitfold.examples.digits;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.Window;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A small convolution network, after LeNet-5; convolutions of stride 2 stand for its pooling. A
 * ReLU follows every layer but the last.
 */
@QuantizeModel
public record LeNet(List<Conv2d> convolutions, Linear fc1, Linear fc2) {
  private static final int SIDE = 28;
  private static final int KERNEL = 5;
  private static final List<Integer> CHANNELS = List.of(8, 16, 32);
  private static final int HIDDEN = 64;

  /** Halves each side, rounded up. */
  private static final Window HALVE = new Window(2, 2, 1);

  /** With random weights (He et al., 2015) and biases of zero. */
  public static LeNet random(long seed) {
    Random random = new Random(seed);
    List<Conv2d> convolutions = new ArrayList<>();
    int in = 1;
    int side = SIDE;
    for (int out : CHANNELS) {
      convolutions.add(convolution(he(random, out, in, KERNEL, KERNEL), Nd4j.zeros(out)));
      in = out;
      side = (side + 1) / 2;
    }
    return new LeNet(
        convolutions,
        new Linear(he(random, HIDDEN, in * side * side), Nd4j.zeros(HIDDEN)),
        new Linear(he(random, 10, HIDDEN), Nd4j.zeros(10)));
  }

  /** A convolution that halves each side. */
  static Conv2d convolution(INDArray weight, INDArray bias) {
    return new Conv2d(weight, bias, HALVE, HALVE, 1);
  }

  private static INDArray he(Random random, long... shape) {
    int length = 1;
    for (long size : shape) {
      length *= Math.toIntExact(size);
    }
    double deviation = Math.sqrt(2.0 * shape[0] / length);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  /**
   * Applies the network.
   *
   * @param images [n, 1, 28, 28], from 0 to 1
   * @return logits, [n, 10]
   */
  public INDArray forward(INDArray images) {
    INDArray x = images;
    for (Conv2d convolution : convolutions) {
      x = relu(convolution.forward(x));
    }
    return fc2.forward(relu(fc1.forward(flat(x))));
  }

  static INDArray relu(INDArray x) {
    return Transforms.relu(x, false);
  }

  static INDArray flat(INDArray x) {
    return x.reshape(x.size(0), -1);
  }

  /** The share of digits whose largest logit is their label's. */
  public double accuracy(Digits digits) {
    int right = 0;
    for (Digits batch : digits.batches(500)) {
      int[] guesses = forward(batch.images()).argMax(1).toIntVector();
      for (int i = 0; i < guesses.length; i++) {
        right += guesses[i] == batch.labels()[i] ? 1 : 0;
      }
    }
    return (double) right / digits.size();
  }
}
