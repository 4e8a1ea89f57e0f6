package dev.bitfold.examples.digits;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.Window;
import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A small convolution network, after LeNet-5; convolutions of stride 2 stand for its pooling. */
@QuantizeModel
public record LeNet(Conv2d conv1, Conv2d conv2, Linear fc1, Linear fc2) {
  /** Kernels are 5 x 5 and halve each side. */
  static final Window HALVE = new Window(2, 2, 1);

  private static final int KERNEL = 5;
  private static final int FIRST = 16;
  private static final int SECOND = 32;
  private static final int HIDDEN = 64;

  /** With random weights (He et al., 2015) and biases of zero. */
  public static LeNet random(long seed) {
    Random random = new Random(seed);
    return new LeNet(
        new Conv2d(he(random, FIRST, 1, KERNEL, KERNEL), Nd4j.zeros(FIRST), HALVE, HALVE, 1),
        new Conv2d(he(random, SECOND, FIRST, KERNEL, KERNEL), Nd4j.zeros(SECOND), HALVE, HALVE, 1),
        new Linear(he(random, HIDDEN, SECOND * 7 * 7), Nd4j.zeros(HIDDEN)),
        new Linear(he(random, 10, HIDDEN), Nd4j.zeros(10)));
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
    INDArray first = relu(conv1.forward(images));
    INDArray second = relu(conv2.forward(first));
    INDArray hidden = relu(fc1.forward(flat(second)));
    return fc2.forward(hidden);
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
