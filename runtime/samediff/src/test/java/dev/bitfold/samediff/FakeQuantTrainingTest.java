package dev.bitfold.samediff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.QuantGradients;
import dev.bitfold.gradient.StraightThrough;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

/** Gradients, training, saving and concurrent use of quantized graphs. */
@Tag("slow")
@Tag("any-jdk")
class FakeQuantTrainingTest {
  private static INDArray gaussian(long seed, long... shape) {
    Random random = new Random(seed);
    INDArray x = Nd4j.create(DataType.FLOAT, shape);
    for (long i = 0; i < x.length(); i++) {
      x.putScalar(i, random.nextGaussian());
    }
    return x;
  }

  private static QuantDescriptor weight(int bits, Ste ste) {
    return QuantDescriptor.builder().bits(bits).axis(1).calib(Calib.MSE).ste(ste).build();
  }

  @Test
  void gradientsArriveByEveryEstimator() {
    INDArray w = gaussian(1, 6, 4);
    INDArray upstream = gaussian(2, 6, 4);
    for (Ste ste : Ste.values()) {
      QuantDescriptor descriptor = weight(2, ste);
      SameDiff sd = SameDiff.create();
      SDVariable q = QuantSameDiff.fakeQuant(sd, sd.var("w", w.dup()), descriptor);
      q.mul(sd.constant("g", upstream)).sum("loss", false, 0, 1).markAsLoss();
      INDArray amax = QuantSameDiff.amax(sd, "w");
      QuantGradients expected =
          StraightThrough.of(descriptor, Layout.UNKNOWN)
              .backward(w, Map.of(StraightThrough.AMAX, amax), upstream);
      boolean learned = ste == Ste.LSQ || ste == Ste.PACT;
      Map<String, INDArray> actual =
          learned
              ? sd.calculateGradients(Map.of(), "w", "w_quantized/amax")
              : sd.calculateGradients(Map.of(), "w");
      assertClose(expected.input(), actual.get("w"), ste + ", weight");
      assertTrue(actual.get("w").amaxNumber().floatValue() > 0, ste + " passes nothing");
      if (learned) {
        // LSQ's factor: 6 elements share a step, and 1 is the largest code of 2 bits.
        double factor = ste == Ste.LSQ ? 1 / Math.sqrt(6) : 1;
        INDArray ofAmax = expected.parameter(StraightThrough.AMAX).mul(factor);
        assertClose(ofAmax, actual.get("w_quantized/amax"), ste + ", amax");
        assertTrue(ofAmax.amaxNumber().floatValue() > 0, ste + " has no gradient of amax");
      }
    }
  }

  private static void assertClose(INDArray expected, INDArray actual, String what) {
    assertEquals(expected.length(), actual.length(), what);
    float[] a = expected.dup('c').data().asFloat();
    float[] b = actual.dup('c').data().asFloat();
    for (int i = 0; i < a.length; i++) {
      assertEquals(a[i], b[i], 1e-5 * Math.max(1, Math.abs(a[i])), what + ", element " + i);
    }
  }

  private static SameDiff regression(Ste ste, INDArray w) {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 6);
    SDVariable y = sd.placeHolder("y", DataType.FLOAT, -1, 4);
    QuantDescriptor input = QuantDescriptor.builder().bits(4).calib(Calib.MSE).ste(ste).build();
    SDVariable h =
        QuantSameDiff.fakeQuant(sd, x, input)
            .mmul("h", QuantSameDiff.fakeQuant(sd, sd.var("w", w.dup()), weight(3, ste)));
    h.sub(y).mul(h.sub(y)).mean("loss", false, 0, 1).markAsLoss();
    QuantSameDiff.calibrate(sd, List.of(Map.of("x", gaussian(3, 64, 6))), "h");
    return sd;
  }

  private static void train(SameDiff sd, double rate, int epochs) {
    sd.setTrainingConfig(
        new TrainingConfig.Builder()
            .updater(new Adam(rate))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    INDArray x = gaussian(3, 64, 6);
    DataSet data = new DataSet(x, x.mmul(gaussian(4, 6, 4)));
    for (int epoch = 0; epoch < epochs; epoch++) {
      sd.fit(data);
    }
  }

  private static double loss(SameDiff sd) {
    INDArray x = gaussian(3, 64, 6);
    return sd.output(Map.of("x", x, "y", x.mmul(gaussian(4, 6, 4))), "loss")
        .get("loss")
        .getDouble(0);
  }

  @Test
  void fitLearnsWeightsAndSteps(@TempDir Path folder) throws Exception {
    for (Ste ste : Ste.values()) {
      SameDiff sd = regression(ste, gaussian(1, 6, 4));
      double before = loss(sd);
      INDArray amax = QuantSameDiff.amax(sd, "x");
      train(sd, 0.02, 150);
      double after = loss(sd);
      assertTrue(after < before / 4, ste + ": from " + before + " to " + after);
      boolean learned = ste == Ste.LSQ || ste == Ste.PACT;
      assertEquals(!learned, amax.equals(QuantSameDiff.amax(sd, "x")), ste + ": the step moves");

      File file = folder.resolve(ste + ".fb").toFile();
      sd.save(file, true);
      SameDiff loaded = SameDiff.load(file, true);
      INDArray x = gaussian(9, 10, 6);
      INDArray expected = sd.output(Map.of("x", x), "h").get("h");
      FakeQuantValuesTest.assertSameBits(
          expected, expected, loaded.output(Map.of("x", x), "h").get("h"), ste + ", loaded");
      train(loaded, 0.005, 20);
      assertTrue(loss(loaded) < after * 1.1, ste + ": a loaded graph trains on");
      QuantSameDiff.calibrate(loaded, List.of(Map.of("x", x.mul(3))), "h");
      assertTrue(
          QuantSameDiff.amax(loaded, "x").getFloat(0) > 1.5 * amax.getFloat(0),
          "a loaded graph can be calibrated");
    }
  }

  @Test
  void concurrentInferenceIsThatOfOneThread() throws Exception {
    SameDiff sd = regression(Ste.LSQ, gaussian(1, 6, 4));
    List<INDArray> inputs = new ArrayList<>();
    List<INDArray> expected = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      INDArray x = gaussian(100 + i, 3 + i % 5, 6);
      inputs.add(x);
      expected.add(sd.output(Map.of("x", x), "h").get("h").dup());
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<INDArray>> outputs = new ArrayList<>();
      for (INDArray x : inputs) {
        outputs.add(threads.submit(() -> sd.output(Map.of("x", x), "h").get("h").dup()));
      }
      for (int i = 0; i < inputs.size(); i++) {
        INDArray y = outputs.get(i).get();
        FakeQuantValuesTest.assertSameBits(expected.get(i), expected.get(i), y, "input " + i);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void calibrationSeesFloatValues() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 6);
    SDVariable a = QuantSameDiff.fakeQuant(sd, x, QuantDescriptor.bits(2)).mul("a", 1.0);
    QuantSameDiff.fakeQuant(sd, a, QuantDescriptor.bits(8));
    INDArray data = gaussian(3, 64, 6);
    // MAX of the second quantizer is MAX of the data only if the first let it pass.
    QuantSameDiff.calibrate(
        sd, List.of(Map.of("x", data), Map.of("x", data.mul(2))), "a_quantized");
    float expected = data.amaxNumber().floatValue() * 2;
    assertEquals(expected, QuantSameDiff.amax(sd, "x").getFloat(0));
    assertEquals(expected, QuantSameDiff.amax(sd, "a").getFloat(0));
  }

  @Test
  void whatAGraphCannotDoIsRefusedByName() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 6);
    SDVariable d = sd.placeHolder("d", DataType.DOUBLE, -1, 6);
    QuantDescriptor int8 = QuantDescriptor.bits(8);
    assertRefused(sd, d, int8, "variable d", "DOUBLE");
    assertRefused(
        sd,
        x,
        QuantDescriptor.builder().blockSizes(BlockSize.axis(1, 2)).build(),
        "variable x",
        "blocks");
    assertRefused(sd, x, int8.toBuilder().fakeQuant(false).build(), "variable x", "gradient");
    assertRefused(
        sd, x, int8.toBuilder().affine(true).ste(Ste.LSQ).build(), "variable x", "not learned");
    assertRefused(SameDiff.create(), x, int8, "variable x", "another graph");
    QuantSameDiff.fakeQuant(sd, x, int8);
    assertRefused(sd, x, int8, "variable x", "already");
    SDVariable other = sd.placeHolder("other", DataType.FLOAT, -1, 6);
    QuantSameDiff.fakeQuant(sd, other, int8);
    var unreached =
        assertThrows(
            IllegalStateException.class,
            () ->
                QuantSameDiff.calibrate(
                    sd, List.of(Map.of("x", gaussian(1, 2, 6))), "x_quantized"));
    assertTrue(unreached.getMessage().contains("variable other"), unreached.getMessage());
    assertTrue(Float.isNaN(QuantSameDiff.amax(sd, "x").getFloat(0)), "nothing is set by halves");
    var zeros =
        assertThrows(
            IllegalStateException.class,
            () -> QuantSameDiff.fakeQuant(sd, sd.var("z", Nd4j.zeros(6, 4)), weight(4, Ste.PACT)));
    assertTrue(zeros.getMessage().contains("variable z"), zeros.getMessage());
    SDVariable w = sd.var("w", gaussian(1, 6, 4));
    assertRefused(
        sd, w, int8.toBuilder().axis(5).build(), "variable w", "out of range for its shape [6, 4]");
    assertRefused(sd, w, int8.toBuilder().per("O").build(), "variable w", "no layout");
    SDVariable nan = sd.var("nan", Nd4j.createFromArray(new float[][] {{1, Float.NaN}}));
    assertRefused(sd, nan, weight(4, Ste.LSQ), "variable nan", "NaN at [0, 1]");
  }

  @Test
  void scalesAreSetTogetherOrNotAtAll() {
    SameDiff sd = SameDiff.create();
    SDVariable x = sd.placeHolder("x", DataType.FLOAT, -1, 6);
    SDVariable zero = x.mul("zero", 0);
    SDVariable sum =
        QuantSameDiff.fakeQuant(sd, x, QuantDescriptor.bits(8))
            .add(
                QuantSameDiff.fakeQuant(
                    sd, zero, QuantDescriptor.builder().bits(8).ste(Ste.PACT).build()));
    var refused =
        assertThrows(
            IllegalStateException.class,
            () -> QuantSameDiff.calibrate(sd, List.of(Map.of("x", gaussian(1, 2, 6))), sum.name()));
    assertTrue(refused.getMessage().contains("variable zero"), refused.getMessage());
    assertTrue(Float.isNaN(QuantSameDiff.amax(sd, "x").getFloat(0)));
  }

  @Test
  void aGraphWithoutQuantizersHasNothingToCalibrate() {
    SameDiff sd = SameDiff.create();
    sd.placeHolder("x", DataType.FLOAT, -1, 6).add("y", 1);
    var refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> QuantSameDiff.calibrate(sd, List.of(Map.of("x", gaussian(1, 2, 6))), "y"));
    assertTrue(refused.getMessage().contains("no quantizers"), refused.getMessage());
  }

  @Test
  void trainingDoesNotBeginBeforeCalibration() {
    SameDiff sd = regression(Ste.PACT, gaussian(1, 6, 4));
    QuantSameDiff.fakeQuant(sd, sd.getVariable("h"), QuantDescriptor.bits(8)).mean("of", 0);
    sd.setListeners(new LearnedScaleListener(sd));
    var refused = assertThrows(IllegalStateException.class, () -> trainWildly(sd));
    assertTrue(
        refused.getMessage().contains("variable h (int8 per tensor): it has no scale yet"),
        refused.getMessage());
  }

  private static void assertRefused(
      SameDiff sd, SDVariable x, QuantDescriptor descriptor, String name, String what) {
    var refused =
        assertThrows(
            IllegalArgumentException.class, () -> QuantSameDiff.fakeQuant(sd, x, descriptor));
    assertTrue(refused.getMessage().contains(name), refused.getMessage());
    assertTrue(refused.getMessage().contains(what), refused.getMessage());
  }

  @Test
  void aStepThatIsLostEndsTraining() {
    SameDiff sd = regression(Ste.PACT, gaussian(1, 6, 4));
    sd.setListeners(new LearnedScaleListener(sd));
    var lost = assertThrows(IllegalStateException.class, () -> trainWildly(sd));
    assertTrue(lost.getMessage().contains("variable "), lost.getMessage());
    assertTrue(lost.getMessage().contains("amax has become"), lost.getMessage());
  }

  private static void trainWildly(SameDiff sd) {
    sd.setTrainingConfig(
        new TrainingConfig.Builder()
            .updater(new Sgd(1e6))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("y")
            .build());
    INDArray x = gaussian(3, 64, 6);
    DataSet data = new DataSet(x, x.mmul(gaussian(4, 6, 4)));
    for (int i = 0; i < 5; i++) {
      sd.fit(data);
    }
  }
}
