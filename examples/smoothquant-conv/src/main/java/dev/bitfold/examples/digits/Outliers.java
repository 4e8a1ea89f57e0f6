package dev.bitfold.examples.digits;

import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Outlier channels, as large networks grow them, put into a network that stays the same function:
 * channels of each inner activation are scaled up, and the weights that read them down. ReLU
 * between them lets a positive factor through.
 */
final class Outliers {
  /** How many channels of an activation are scaled. */
  private static final int CHANNELS = 2;

  private Outliers() {}

  /**
   * The network with the channels of each inner activation that reach highest on some digits scaled
   * by the factor.
   */
  static LeNet in(LeNet net, Digits digits, float factor) {
    List<INDArray> weights = new ArrayList<>();
    List<INDArray> biases = new ArrayList<>();
    for (Conv2d convolution : net.convolutions()) {
      weights.add(convolution.weight().dup());
      biases.add(convolution.bias().dup());
    }
    for (Linear linear : List.of(net.fc1(), net.fc2())) {
      weights.add(linear.weight().dup());
      biases.add(linear.bias().dup());
    }
    INDArray x = digits.images();
    int last = net.convolutions().size();
    for (int layer = 0; layer <= last; layer++) {
      x =
          LeNet.relu(
              layer < last
                  ? net.convolutions().get(layer).forward(x)
                  : net.fc1().forward(LeNet.flat(x)));
      INDArray next = weights.get(layer + 1);
      long columns = next.rank() == 2 ? next.size(1) / x.size(1) : 1;
      for (int c : highest(x)) {
        weights.get(layer).get(NDArrayIndex.point(c)).muli(factor);
        biases.get(layer).putScalar(c, biases.get(layer).getFloat(c) * factor);
        next.get(NDArrayIndex.all(), NDArrayIndex.interval(c * columns, (c + 1) * columns))
            .divi(factor);
      }
    }
    List<Conv2d> convolutions = new ArrayList<>();
    for (int layer = 0; layer < last; layer++) {
      convolutions.add(LeNet.convolution(weights.get(layer), biases.get(layer)));
    }
    return new LeNet(
        convolutions,
        new Linear(weights.get(last), biases.get(last)),
        new Linear(weights.get(last + 1), biases.get(last + 1)));
  }

  private static int[] highest(INDArray activation) {
    INDArray max = activation.rank() == 4 ? activation.max(0, 2, 3) : activation.max(0);
    float[] values = max.toFloatVector();
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparing(c -> -values[c]))
        .limit(CHANNELS)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
