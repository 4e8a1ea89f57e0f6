package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Checks that the errors in a search are those of the layers that it would build. */
@Tag("slow")
@Tag("any-jdk")
class AlphaSearchTest {
  private static final int IN = 6;
  private static final int OUT = 5;

  private final INDArray w1 = normal(1, IN, OUT);
  private final ToyNet net = new ToyNet(new ToyLinear(w1), new ToyLinear(normal(2, OUT, 4)));
  // Channels that lie on one side of zero, at different distances: the smallest value and the
  // largest move by different factors.
  private final List<INDArray> batches =
      IntStream.range(0, 4)
          .mapToObj(
              i ->
                  normal(10 + i, 9, IN)
                      .muliRowVector(Nd4j.createFromArray(1f, 20f, 0.2f, 1f, 3f, 1f))
                      .addiRowVector(Nd4j.createFromArray(0f, 80f, -1f, 2f, -9f, 0f)))
          .toList();

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  private AlphaCurve curve(QuantDescriptor input) {
    return ToyNet.plan(net)
        .describe("first.x", input)
        .calibrate(batches, ToyNet::forward)
        .smoothQuant(SmoothQuantOptions.sweepAlpha())
        .alphaCurves()
        .get("first");
  }

  @Test
  void anAffineRangeIsThatOfTheSmoothedValues() {
    AlphaCurve curve = curve(QuantDescriptor.builder().bits(8).affine(true).build());

    for (int i = 0; i < curve.alphas().size(); i++) {
      double expected = naive(curve.alphas().get(i), false);
      assertEquals(expected, curve.errors().get(i), 1e-4 * expected, "" + curve.alphas().get(i));
    }
  }

  @Test
  void aScalePerChannelMovesWithItsChannel() {
    AlphaCurve curve = curve(QuantDescriptor.builder().bits(8).per("C").build());

    for (int i = 0; i < curve.alphas().size(); i++) {
      double expected = naive(curve.alphas().get(i), true);
      assertEquals(expected, curve.errors().get(i), 1e-4 * expected, "" + curve.alphas().get(i));
    }
  }

  /** The relative error of the first layer's output, by plain loops in double and float. */
  private double naive(Alpha alpha, boolean symmetricPerChannel) {
    float[][] w = rows(w1);
    List<float[]> xs = new ArrayList<>();
    batches.forEach(batch -> xs.addAll(List.of(rows(batch))));
    float[] p = new float[IN];
    for (int c = 0; c < IN; c++) {
      double act = 0;
      for (float[] x : xs) {
        act = Math.max(act, Math.abs(x[c]));
      }
      double weight = 0;
      for (float value : w[c]) {
        weight = Math.max(weight, Math.abs(value));
      }
      p[c] =
          alpha instanceof Alpha.Fixed fixed
              ? (float) Math.pow(weight, 1 - fixed.value()) / (float) Math.pow(act, fixed.value())
              : 1;
    }
    float[] low = new float[IN];
    float[] high = new float[IN];
    for (int c = 0; c < IN; c++) {
      low[c] = Float.POSITIVE_INFINITY;
      high[c] = Float.NEGATIVE_INFINITY;
      for (float[] x : xs) {
        low[c] = Math.min(low[c], x[c] * p[c]);
        high[c] = Math.max(high[c], x[c] * p[c]);
      }
    }
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (int c = 0; c < IN; c++) {
      min = Math.min(min, low[c]);
      max = Math.max(max, high[c]);
    }
    float[][] q = new float[IN][OUT];
    for (int o = 0; o < OUT; o++) {
      float amax = 0;
      for (int c = 0; c < IN; c++) {
        amax = Math.max(amax, Math.abs(w[c][o] * (1 / p[c])));
      }
      for (int c = 0; c < IN; c++) {
        q[c][o] = symmetric(w[c][o] * (1 / p[c]), amax);
      }
    }
    double noise = 0;
    double signal = 0;
    for (float[] x : xs) {
      for (int o = 0; o < OUT; o++) {
        double expected = 0;
        double actual = 0;
        for (int c = 0; c < IN; c++) {
          float scaled = x[c] * p[c];
          float rounded =
              symmetricPerChannel
                  ? symmetric(scaled, Math.max(Math.abs(low[c]), Math.abs(high[c])))
                  : affine(scaled, min, max);
          expected += (double) x[c] * w[c][o];
          actual += (double) rounded * q[c][o];
        }
        noise += (actual - expected) * (actual - expected);
        signal += expected * expected;
      }
    }
    return Math.sqrt(noise / signal);
  }

  private static float symmetric(float x, float amax) {
    float scale = 127 / amax;
    return (float) Math.max(-128, Math.min(127, Math.rint(x * scale))) / scale;
  }

  private static float affine(float x, float min, float max) {
    float step = (max - min) / 255;
    float zero = (float) Math.rint(min / step) + 128;
    float code = (float) Math.max(-128, Math.min(127, Math.rint(x / step) - zero));
    return (code + zero) * step;
  }

  private static float[][] rows(INDArray x) {
    float[][] rows = new float[(int) x.size(0)][(int) x.size(1)];
    for (int i = 0; i < rows.length; i++) {
      for (int c = 0; c < rows[i].length; c++) {
        rows[i][c] = x.getFloat(i, c);
      }
    }
    return rows;
  }

  @Test
  void theGuessOfAPercentileRangeStaysARange() {
    for (double percentile : new double[] {50, 90, 99.9}) {
      QuantDescriptor input =
          QuantDescriptor.builder()
              .bits(8)
              .affine(true)
              .calib(Calib.PERCENTILE)
              .percentile(percentile)
              .build();
      curve(input).errors().forEach(error -> assertTrue(Double.isFinite(error), "" + error));
    }
  }

  @Test
  void curvesAndDiagnosesAreTheSameToTheBitWhateverTheThreadsDo() throws Exception {
    Calibration<ToyNet> serial = calibrated(1);
    var expected = serial.smoothQuant(SmoothQuantOptions.sweepAlpha());
    var expectedJson = expected.diagnose().toJson();
    for (int trial = 0; trial < 5; trial++) {
      var actual = calibrated(4).smoothQuant(SmoothQuantOptions.sweepAlpha());
      assertEquals(expected.alphaCurves(), actual.alphaCurves());
      assertEquals(expectedJson, actual.diagnose().toJson());
    }
  }

  private Calibration<ToyNet> calibrated(int threads) {
    INDArray data = normal(50, 48, IN).muliRowVector(Nd4j.createFromArray(1f, 20f, .2f, 1f, 3, 1));
    Plan<ToyNet> plan = ToyNet.plan(net);
    return plan.calibrate(
        List.of(data, data.mul(0.5)),
        (model, x) -> {
          ExecutorService pool = Executors.newFixedThreadPool(threads);
          try {
            List<Future<INDArray>> parts = new ArrayList<>();
            for (int i = 0; i < x.size(0); i += 2) {
              INDArray part = x.get(NDArrayIndex.interval(i, i + 2), NDArrayIndex.all()).dup();
              parts.add(pool.submit(() -> model.forward(part)));
            }
            List<INDArray> outputs = new ArrayList<>();
            for (Future<INDArray> part : parts) {
              outputs.add(part.get());
            }
            return Nd4j.concat(0, outputs.toArray(new INDArray[0]));
          } finally {
            pool.shutdown();
          }
        });
  }
}
