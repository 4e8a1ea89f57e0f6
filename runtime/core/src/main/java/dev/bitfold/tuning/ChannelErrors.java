package dev.bitfold.tuning;

import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes the mean error of each output channel of one layer. Safe for concurrent use. */
final class ChannelErrors {
  private final double[] sums;
  private long rows;

  ChannelErrors(int channels) {
    sums = new double[channels];
  }

  /** Adds an expected and an actual output of the layer. */
  synchronized void add(INDArray expected, INDArray actual, OutputChannels channels) {
    float[] x = DenseFloats.of(expected, "a layer's output").copy();
    float[] y = DenseFloats.of(actual, "a layer's output").copy();
    for (int i = 0; i < x.length; i++) {
      sums[channels.of(i)] += (double) x[i] - y[i];
    }
    rows += x.length / sums.length;
  }

  /** Returns the bias with the mean error of its channels added. */
  synchronized INDArray corrected(INDArray bias) {
    float[] values = DenseFloats.of(bias, "a bias").copy();
    for (int c = 0; c < values.length; c++) {
      values[c] = (float) (values[c] + (rows == 0 ? 0 : sums[c] / rows));
    }
    return DenseFloats.array(values, bias.shape());
  }
}
