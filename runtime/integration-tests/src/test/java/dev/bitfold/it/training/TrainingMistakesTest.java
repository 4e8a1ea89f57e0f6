package dev.bitfold.it.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.AdaBelief;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Checks mistakes in training, and their messages. */
class TrainingMistakesTest {
  private static final INDArray X = Run.batch(0);
  private static final INDArray TARGET = Run.target(0);
  private static final QuantDescriptor LSQ =
      QuantDescriptor.builder().bits(4).per("O").calib(Calib.MSE).ste(Ste.LSQ).build();

  private final Net net = Run.net(1);

  private Calibration<Net> calibrated(Plan<Net> plan) {
    return plan.calibrate(List.of(X), Net::forward);
  }

  private Training<Net> training(IUpdater updater) {
    return calibrated(NetQuantizer.of(net)).train(updater);
  }

  private static String message(Training<Net> training, Training.Pass<Net> pass) {
    int steps = training.steps();
    Map<String, INDArray> before = training.parameters();
    String message =
        assertThrows(IllegalStateException.class, () -> training.step(pass)).getMessage();
    assertEquals(steps, training.steps());
    training.parameters().forEach((name, value) -> assertSameBits(before.get(name), value));
    return message;
  }

  private static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat());
  }

  private static void assertSays(String message, String... parts) {
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  /** The head alone is trained, by mistake or on purpose. */
  private static double headOnly(Net model) {
    INDArray h = Transforms.relu(model.gain().forward(model.fc().forward(X)));
    INDArray error = model.head().forward(h).sub(TARGET);
    model.head().backward(h, error.mul(2.0 / error.length()));
    return error.mul(error).meanNumber().doubleValue();
  }

  @Test
  void aForgottenBackwardIsNamed() {
    Training<Net> training = training(new Adam(1e-2));
    training.step(model -> model.learn(X, TARGET));
    assertSays(
        message(training, TrainingMistakesTest::headOnly),
        "step 2: fc (Dense), gain (Gain) ran forward",
        "backward was not called",
        "holdFixed(\"fc\")");
    assertThrows(
        IllegalStateException.class, () -> training.gradients(TrainingMistakesTest::headOnly));
  }

  @Test
  void layersThatAreFixedNeedNoBackward() {
    Training<Net> training = training(new Adam(1e-2)).holdFixed("fc").holdFixed("gain.*");
    Map<String, INDArray> before = training.parameters();
    training.step(TrainingMistakesTest::headOnly);
    Map<String, INDArray> after = training.parameters();
    assertSameBits(before.get("fc.weight"), after.get("fc.weight"));
    assertFalse(before.get("head.weight").equals(after.get("head.weight")));
    assertEquals(
        List.of("head.weight", "head.bias"),
        List.copyOf(training.gradients(model -> model.learn(X, TARGET)).keySet()));
    assertEquals("Training of Net: 1 step, 6 parameters, 4 of them fixed", training.toString());
    String unknown =
        assertThrows(IllegalArgumentException.class, () -> training.holdFixed("hed")).getMessage();
    assertSays(unknown, "trained tensor or layer", "head");
    training.holdFixed("**");
    assertSays(message(training, TrainingMistakesTest::headOnly), "step 2: everything is fixed");
  }

  @Test
  void aLossThatIsNotANumberNamesTheFirstLayer() {
    Training<Net> training = training(new Adam(1e-2));
    INDArray broken = X.dup();
    broken.putScalar(3, Float.NaN);
    assertSays(
        message(
            training,
            model -> {
              INDArray y = model.forward(broken);
              return y.sumNumber().doubleValue();
            }),
        "step 1: the loss is NaN",
        "first in the output of fc (Dense)");
    assertSays(
        message(training, model -> model.forward(X).sumNumber().doubleValue() / 0),
        "Infinity, although no layer's output");
    assertSays(
        message(training, model -> model.learn(X, TARGET.div(0))),
        "step 1: the gradient of head.weight holds NaN or infinity");
    training.step(model -> model.learn(X, TARGET));
  }

  @Test
  void anUpdateThatIsNotANumberEndsTheTraining(@TempDir Path folder) {
    // 1 - step / 2, to a power that is not whole: not a number from the third step on.
    Training<Net> training = training(new Sgd(new Falling()));
    training.step(model -> model.learn(X, TARGET));
    training.step(model -> model.learn(X, TARGET));
    training.step(model -> model.learn(X, TARGET));
    assertSays(
        message(training, model -> model.learn(X, TARGET)),
        "step 4: Sgd gives an update of",
        "its learning rate is NaN");
    assertSays(
        message(training, model -> model.learn(X, TARGET)), "step 4: its update failed", "resume");
    assertThrows(IllegalStateException.class, () -> training.save(folder.resolve("checkpoint")));
    assertTrue(Float.isFinite(training.freeze().model().forward(X).amaxNumber().floatValue()));
  }

  /** As a polynomial decay is mostly written, whose base becomes negative at its end. */
  private static final class Falling implements org.nd4j.linalg.schedule.ISchedule {
    private static final long serialVersionUID = 1L;

    @Override
    public double valueAt(int iteration, int epoch) {
      return 0.01 * Math.pow(1 - iteration / 2.0, 0.9);
    }

    @Override
    public org.nd4j.linalg.schedule.ISchedule clone() {
      return new Falling();
    }
  }

  /** The moments of a step that was refused would count twice. */
  @Test
  void aRefusedScaleLeavesNoTraceInItsUpdater(@TempDir Path folder) throws IOException {
    Plan<Net> plan = NetQuantizer.of(net).describe("fc.weight", LSQ).describe("head.weight", LSQ);
    Training<Net> refused = calibrated(plan).train(new Sgd(0), new Adam(2e-1));
    Training<Net> other = calibrated(plan).train(new Sgd(0), new Adam(2e-1));
    int steps = 0;
    while (steps < 100 && isMade(refused)) {
      other.step(model -> model.learn(X, TARGET));
      steps++;
    }
    assertTrue(steps > 0 && steps < 100, steps + " steps were made");
    refused.save(folder.resolve("refused"));
    other.save(folder.resolve("other"));
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("other")), Files.readAllBytes(folder.resolve("refused")));
  }

  private static boolean isMade(Training<Net> training) {
    try {
      training.step(model -> model.learn(X, TARGET));
      return true;
    } catch (IllegalStateException e) {
      assertSays(e.getMessage(), "step ", "the learned amax would become", "at a smaller rate");
      return false;
    }
  }

  @Test
  void prunedChannelsAreTrained() {
    net.fc().weight().getColumn(3).assign(0);
    net.fc().weight().getColumn(11).assign(0);
    Plan<Net> plan = NetQuantizer.of(net).describe("fc.weight", LSQ);
    Training<Net> training = calibrated(plan).train(new Adam(1e-3));
    float[] amax = training.parameters().get("fc.weight.amax").ravel().toFloatVector();
    float smallest = Float.POSITIVE_INFINITY;
    for (int i = 0; i < amax.length; i++) {
      smallest = i == 3 || i == 11 ? smallest : Math.min(smallest, amax[i]);
    }
    assertEquals(smallest, amax[3]);
    assertEquals(smallest, amax[11]);
    assertSameBits(calibrated(plan).freeze().model().forward(X), training.model().forward(X));
    double first = training.step(model -> model.learn(X, TARGET));
    double last = first;
    for (int i = 0; i < 50; i++) {
      last = training.step(model -> model.learn(X, TARGET));
    }
    assertTrue(last < 0.9 * first, "from " + first + " to " + last);
  }

  @Test
  void aWeightOfZerosHasNoScaleToLearn() {
    net.fc().weight().assign(0);
    Plan<Net> plan = NetQuantizer.of(net).describe("fc.weight", LSQ);
    String message =
        assertThrows(IllegalStateException.class, () -> calibrated(plan).train(new Adam(1e-3)))
            .getMessage();
    assertSays(message, "fc.weight (Dense", "would begin with 0.0 at index 0 of 20", "weightAmax");
    INDArray one = Nd4j.ones(20);
    Training<Net> training =
        calibrated(plan).weightAmax("fc.weight", (path, weight) -> one).train(new Adam(1e-3));
    assertSameBits(one, training.parameters().get("fc.weight.amax").ravel());
    training.step(model -> model.learn(X, TARGET));
  }

  @Test
  void anAmaxOfOnesOwnIsKeptOrLearnedFrom() {
    INDArray half = Nd4j.ones(20).mul(0.5);
    QuantDescriptor clip = LSQ.toBuilder().ste(Ste.CLIP).build();
    Plan<Net> fixed = NetQuantizer.of(net).describe("fc.weight", clip);
    Training<Net> kept =
        calibrated(fixed).weightAmax("fc.weight", (path, w) -> half).train(new Adam(1e-2));
    Training<Net> learned =
        calibrated(fixed.describe("fc.weight", LSQ))
            .weightAmax("fc.weight", (path, w) -> half)
            .train(new Adam(1e-2));
    assertFalse(kept.parameters().containsKey("fc.weight.amax"));
    assertSameBits(half, learned.parameters().get("fc.weight.amax").ravel());
    for (int i = 0; i < 20; i++) {
      kept.step(model -> model.learn(X, TARGET));
      learned.step(model -> model.learn(X, TARGET));
    }
    assertEquals(0.5f, kept.model().fc().weight().maxNumber().floatValue());
    assertFalse(half.equals(learned.parameters().get("fc.weight.amax").ravel()));
  }

  /** ND4J takes the second axis of an array of one. */
  @Test
  void anUpdaterThatNd4jCannotMakeIsNamed() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> training(new AdaBelief(1e-2)))
            .getMessage();
    assertSays(message, "AdaBelief cannot be instantiated", "another updater");
  }
}
