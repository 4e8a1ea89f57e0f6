package dev.bitfold.it.layers;

import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes the same layers, quantized by separate loops that share no code with the library: the
 * first pass records the largest absolute input of each layer, later passes round to that scale.
 */
public final class Naive {
  private boolean noting = true;

  /** From now on inputs are rounded. */
  public void quantize() {
    noting = false;
  }

  /** A tensor whose amax is found while noting, then rounded to symmetric integers. */
  private final class Port {
    private final double largest;
    private double amax;

    Port(int bits) {
      this.largest = (1 << (bits - 1)) - 1;
    }

    INDArray through(INDArray x) {
      float[] values = x.dup('c').data().asFloat();
      if (noting) {
        for (float value : values) {
          amax = Math.max(amax, Math.abs(value));
        }
        return x;
      }
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) rounded(values[i], amax, largest);
      }
      return Nd4j.createFromArray(values).reshape(x.shape());
    }
  }

  private static double rounded(double value, double amax, double largest) {
    double code = Math.rint(value * largest / amax);
    return Math.max(-largest - 1, Math.min(largest, code)) * amax / largest;
  }

  /** A weight [out, in], with one scale or one for each row. */
  private static INDArray weight(INDArray weight, int bits, boolean perRow) {
    double largest = (1 << (bits - 1)) - 1;
    float[] values = weight.dup('c').data().asFloat();
    int row = perRow ? (int) weight.size(1) : values.length;
    for (int from = 0; from < values.length; from += row) {
      double amax = 0;
      for (int i = from; i < from + row; i++) {
        amax = Math.max(amax, Math.abs(values[i]));
      }
      for (int i = from; i < from + row; i++) {
        values[i] = (float) rounded(values[i], amax, largest);
      }
    }
    return Nd4j.createFromArray(values).reshape(weight.shape());
  }

  /** {@link Linear}. */
  public Linear linear(Linear layer) {
    Port x = new Port(8);
    Linear rounded = new Linear(weight(layer.weight(), 8, true), layer.bias());
    return new Linear(layer.weight(), layer.bias()) {
      @Override
      public INDArray forward(INDArray input) {
        return noting ? layer.forward(x.through(input)) : rounded.forward(x.through(input));
      }
    };
  }

  /** {@link RecordLinear}. */
  public Layer recordLinear(RecordLinear layer) {
    Port x = new Port(8);
    RecordLinear rounded = new RecordLinear(weight(layer.weight(), 4, true));
    return input -> noting ? layer.forward(x.through(input)) : rounded.forward(x.through(input));
  }

  /** {@link CrossAttention}. */
  public CrossAttention cross(CrossAttention layer) {
    Port query = new Port(8);
    Port memory = new Port(4);
    CrossAttention rounded = new CrossAttention(weight(layer.getWeight(), 8, false));
    return new CrossAttention(layer.getWeight()) {
      @Override
      public INDArray forward(INDArray q, INDArray m, INDArray mask, double temperature)
          throws java.io.IOException {
        CrossAttention used = noting ? layer : rounded;
        return used.forward(query.through(q), memory.through(m), mask, temperature);
      }
    };
  }

  /** {@link ScaledLinear}. */
  public ScaledLinear scaled(ScaledLinear layer) {
    ScaledLinear rounded = new ScaledLinear(weight(layer.weight(), 8, false), layer.factor());
    return new ScaledLinear(layer.weight(), layer.factor()) {
      @Override
      public INDArray forward(INDArray x) {
        return noting ? layer.forward(x) : rounded.forward(x);
      }
    };
  }

  /** {@link Activated}. */
  public <A extends UnaryOperator<INDArray>> Activated<A> activated(Activated<A> layer) {
    Port x = new Port(8);
    Port output = new Port(8);
    Activated<A> rounded = new Activated<>(weight(layer.weight(), 8, true), layer.activation());
    return new Activated<>(layer.weight(), layer.activation()) {
      @Override
      public INDArray forward(INDArray input) {
        Activated<A> used = noting ? layer : rounded;
        return output.through(used.forward(x.through(input)));
      }
    };
  }
}
