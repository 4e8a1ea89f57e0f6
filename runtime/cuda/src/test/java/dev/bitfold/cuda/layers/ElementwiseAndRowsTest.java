package dev.bitfold.cuda.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.kernel.CudaProvider;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.RMSNorm;
import dev.bitfold.tensor.DenseFloats;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Activations and norms keep the bounds that they state. */
class ElementwiseAndRowsTest {
  private final CudaDevice device = CudaProvider.device();

  @AfterEach
  void nothingIsWrittenBeyondAnEnd() {
    assertEquals(0, StandIn.count("overruns"));
  }

  /** Floats of every size, an odd number of them. */
  private static float[] points() {
    Random random = new Random(3);
    float[] points = new float[3001];
    for (int i = 0; i < points.length; i++) {
      double size = Math.pow(10, -8 + 10 * random.nextDouble());
      points[i] = (float) (random.nextBoolean() ? size : -size);
    }
    float[] special = {0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, 1e-30f, 3e38f, -3e38f, 88f};
    System.arraycopy(special, 0, points, 0, special.length);
    return points;
  }

  private float[] apply(Activation activation, float[] x) {
    try (DeviceModel model = DeviceModel.on(device).then(activation).build()) {
      return DenseFloats.of(model.forward(DenseFloats.array(x, x.length)), "y").copy();
    }
  }

  private void within(Activation activation, DoubleUnaryOperator exact) {
    float[] x = points();
    float[] y = apply(activation, x);
    for (int i = 0; i < x.length; i++) {
      double expected = exact.applyAsDouble(x[i]);
      double bound = Math.ulp((float) expected);
      assertTrue(
          Math.abs(y[i] - expected) <= bound,
          activation + " of " + x[i] + " is " + expected + ", not " + y[i]);
    }
  }

  private static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** The share of the normal distribution below x, integrated by Simpson's rule. */
  private static double normalBelow(double x) {
    double low = -Math.abs(x);
    double end = Math.min(12, 40 / Math.max(1e-9, -low));
    int steps = 4000;
    double h = end / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double s = i * h;
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(low * s - s * s / 2);
    }
    double below = Math.exp(-low * low / 2) / Math.sqrt(2 * Math.PI) * sum * h / 3;
    return x < 0 ? below : 1 - below;
  }

  @Test
  void reluIsExact() {
    float[] x = points();
    float[] y = apply(Activation.RELU, x);
    for (int i = 0; i < x.length; i++) {
      assertEquals(Math.max(x[i], 0), y[i], 0f);
    }
  }

  @Test
  void smoothOnesAreTheNearestFloatOrItsNeighbour() {
    within(Activation.SIGMOID, ElementwiseAndRowsTest::logistic);
    within(Activation.TANH, Math::tanh);
    within(Activation.SILU, x -> x < -1000 ? 0 : x * logistic(x));
    within(Activation.GELU, x -> x < -1000 ? 0 : x * normalBelow(x));
    within(
        Activation.GELU_TANH,
        x -> {
          double u = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
          return x < -1000 ? 0 : x * logistic(2 * u);
        });
  }

  @Test
  void whatIsNotFiniteGivesTheLimit() {
    float[] x = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (Activation activation : Activation.values()) {
      float[] y = apply(activation, x);
      boolean bounded = activation == Activation.SIGMOID || activation == Activation.TANH;
      assertTrue(Float.isNaN(y[0]), activation.name());
      assertEquals(bounded ? 1f : Float.POSITIVE_INFINITY, y[1], activation.name());
      assertEquals(activation == Activation.TANH ? -1f : 0f, Math.abs(y[2]) == 0 ? 0f : y[2]);
    }
  }

  @Test
  void normsAreTheHostsOrANeighbour() {
    Random random = new Random(5);
    for (int[] shape : new int[][] {{1, 1}, {3, 7}, {9, 32}, {17, 100}, {4, 1031}}) {
      int columns = shape[1];
      INDArray x = values(random, 5, shape[0], columns).add(values(random, 30, shape[0], 1));
      INDArray weight = values(random, 1, columns);
      INDArray bias = values(random, 1, columns);
      LayerNorm layer = new LayerNorm(weight, bias, 1e-5);
      RMSNorm rms = new RMSNorm(weight, 1e-6);
      try (DeviceModel onDevice = DeviceModel.on(device).then(layer).build();
          DeviceModel rmsOnDevice = DeviceModel.on(device).then(rms).build()) {
        neighbours(layer.forward(x), onDevice.forward(x));
        neighbours(rms.forward(x), rmsOnDevice.forward(x));
      }
    }
  }

  private static INDArray values(Random random, double scale, int... shape) {
    long[] sizes = new long[shape.length];
    int length = 1;
    for (int i = 0; i < shape.length; i++) {
      sizes[i] = shape[i];
      length *= shape[i];
    }
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) (random.nextGaussian() * scale);
    }
    return DenseFloats.array(values, sizes);
  }

  private static void neighbours(INDArray expected, INDArray actual) {
    float[] a = DenseFloats.of(expected, "a").copy();
    float[] b = DenseFloats.of(actual, "b").copy();
    int same = 0;
    for (int i = 0; i < a.length; i++) {
      assertTrue(Math.abs(a[i] - b[i]) <= Math.ulp(a[i]), a[i] + " and " + b[i]);
      same += a[i] == b[i] ? 1 : 0;
    }
    assertTrue(same >= 0.99 * a.length, same + " of " + a.length + " are the same");
  }
}
