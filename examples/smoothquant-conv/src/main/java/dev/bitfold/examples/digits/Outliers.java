package dev.bitfold.examples.digits;

import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Outlier channels, as large networks grow them, put into a network that stays the same function:
 * channels of both inner activations of the convolutions are scaled up, and the weights that read
 * them down. ReLU between them lets a positive factor through.
 */
final class Outliers {
  /** How many channels of an activation are scaled. */
  private static final int CHANNELS = 2;

  private Outliers() {}

  /**
   * The network with the two channels of either convolution's output that reach highest on some
   * digits scaled by the factor.
   */
  static LeNet in(LeNet net, Digits digits, float factor) {
    INDArray first = LeNet.relu(net.conv1().forward(digits.images()));
    INDArray second = LeNet.relu(net.conv2().forward(first));
    INDArray w1 = net.conv1().weight().dup();
    INDArray b1 = net.conv1().bias().dup();
    INDArray w2 = net.conv2().weight().dup();
    INDArray b2 = net.conv2().bias().dup();
    INDArray w3 = net.fc1().weight().dup();
    for (int c : highest(first)) {
      scaleOutput(w1, b1, c, factor);
      w2.get(NDArrayIndex.all(), NDArrayIndex.point(c)).divi(factor);
    }
    long pixels = w3.size(1) / b2.length();
    for (int c : highest(second)) {
      scaleOutput(w2, b2, c, factor);
      w3.get(NDArrayIndex.all(), NDArrayIndex.interval(c * pixels, (c + 1) * pixels)).divi(factor);
    }
    return new LeNet(
        new Conv2d(w1, b1, LeNet.HALVE, LeNet.HALVE, 1),
        new Conv2d(w2, b2, LeNet.HALVE, LeNet.HALVE, 1),
        new Linear(w3, net.fc1().bias()),
        net.fc2());
  }

  private static int[] highest(INDArray activation) {
    float[] max = activation.max(0, 2, 3).toFloatVector();
    return IntStream.range(0, max.length)
        .boxed()
        .sorted(Comparator.comparing(c -> -max[c]))
        .limit(CHANNELS)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static void scaleOutput(INDArray weight, INDArray bias, long channel, float factor) {
    weight.get(NDArrayIndex.point(channel)).muli(factor);
    bias.putScalar(channel, bias.getFloat(channel) * factor);
  }
}
