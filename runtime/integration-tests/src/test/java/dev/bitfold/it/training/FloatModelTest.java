package dev.bitfold.it.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.internal.state.CalibratedScale;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Checks the float model that training returns. */
@Tag("any-jdk")
class FloatModelTest {
  private static final INDArray X = Run.batch(77);

  private final Run run = Run.all().get(0);

  private Training<Net> trained(Run which) {
    Training<Net> training = which.begin();
    Run.steps(training, 4);
    return training;
  }

  private static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat());
  }

  /** The oracle is the network written out with the trained arrays. */
  private static INDArray byHand(Map<String, INDArray> p) {
    INDArray a = X.mmul(p.get("fc.weight")).addRowVector(p.get("fc.bias"));
    INDArray b = a.mulRowVector(p.get("gain.scale")).addRowVector(p.get("gain.offset"));
    return Transforms.relu(b).mmul(p.get("head.weight")).addRowVector(p.get("head.bias"));
  }

  @Test
  void holdsTheFloatMasters() {
    Training<Net> training = trained(run);
    Net net = training.floatModel();
    assertSameBits(training.parameters().get("fc.weight"), net.fc().weight());
    assertSameBits(byHand(training.parameters()), net.forward(X));
    assertFalse(training.model().fc().weight().equals(net.fc().weight()));
  }

  @Test
  void staysWhatItIsWhenTrainingGoesOn() {
    Training<Net> training = trained(run);
    Net net = training.floatModel();
    INDArray before = net.forward(X).dup();
    Run.steps(training, 2);
    assertSameBits(before, net.forward(X));
    net.fc().weight().muli(0);
    assertSameBits(training.model().forward(X), training.freeze().model().forward(X));
  }

  /** With the scales of training as fixed ones: the same codes. */
  @Test
  void itsPlanWithTheScalesOfTrainingGivesTheBitsOfFreeze() {
    int compared = 0;
    for (Run each : Run.all()) {
      if (each.smoothed()) {
        continue;
      }
      Training<Net> training = trained(each);
      Quantized<Net> frozen = training.freeze();
      Optional<Plan<Net>> plan =
          fixed(each.plan(training.floatModel()), frozen.state().state().scales());
      if (plan.isPresent()) {
        Quantized<Net> again = plan.get().freeze();
        assertSameBits(frozen.model().fc().weight(), again.model().fc().weight());
        assertSameBits(frozen.model().forward(X), again.model().forward(X));
        compared++;
      }
    }
    assertTrue(compared > 30, compared + " runs");
  }

  /** Empty if the scale cannot be written down: a range, or one amax for each block. */
  private static Optional<Plan<Net>> fixed(Plan<Net> plan, Map<String, CalibratedScale> scales) {
    Plan<Net> fixed = plan;
    for (Map.Entry<String, CalibratedScale> scale : scales.entrySet()) {
      if (!(scale.getValue() instanceof CalibratedScale.Amax amax)
          || !fixed.descriptors().get(scale.getKey()).blockSizes().isEmpty()) {
        return Optional.empty();
      }
      float[] values = amax.amax().ravel().toFloatVector();
      double[] doubles = IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
      QuantDescriptor.Builder builder =
          fixed.descriptors().get(scale.getKey()).toBuilder()
              .amax(doubles)
              .calib(Calib.MAX)
              .ste(Ste.CLIP)
              .learnAmax(false);
      if (!builder.problems().isEmpty()) {
        return Optional.empty();
      }
      fixed = fixed.describe(scale.getKey(), builder.build());
    }
    return Optional.of(fixed);
  }

  /** A float model of wrappers is quantized, smoothed and trained as one of the user's classes. */
  @Test
  void isAModelAsAnyOther() {
    Training<Net> training = trained(run);
    Net net = training.floatModel();
    Map<String, INDArray> p = training.parameters();
    Net own =
        new Net(
            new Dense(p.get("fc.weight"), p.get("fc.bias"), Stage.Fault.NONE),
            new Gain(p.get("gain.scale"), p.get("gain.offset")),
            new Dense(p.get("head.weight"), p.get("head.bias"), Stage.Fault.NONE));
    List<INDArray> batches = List.of(X);
    assertSameBits(
        NetQuantizer.of(own)
            .calibrate(batches, Net::forward)
            .smoothQuant()
            .freeze()
            .model()
            .forward(X),
        NetQuantizer.of(net)
            .calibrate(batches, Net::forward)
            .smoothQuant()
            .freeze()
            .model()
            .forward(X));

    Training<Net> one = run.plan(own).calibrate(batches, Net::forward).train(new Adam(1e-2));
    Training<Net> two = run.plan(net).calibrate(batches, Net::forward).train(new Adam(1e-2));
    Run.steps(one, 2);
    Run.steps(two, 2);
    assertSameBits(one.model().forward(X), two.model().forward(X));
    assertSameBits(one.floatModel().forward(X), two.floatModel().forward(X));
    assertSameBits(
        one.freeze().compress().model().forward(X), two.freeze().compress().model().forward(X));
    assertEquals(
        Backed.contentsOf(one.freeze()).floatHashes(),
        Backed.contentsOf(two.freeze()).floatHashes());
  }

  @Test
  void hasGradientsOfItsOwn() {
    Net net = trained(run).floatModel();
    double loss = net.learn(X, Run.target(1));
    assertEquals(
        Math.pow(net.forward(X).distance2(Run.target(1)), 2) / Run.target(1).length(), loss, 1e-5);
  }

  /** Scales of powers of two are taken back exactly, others up to a rounding of each weight. */
  @Test
  void ofASmoothedModelTheWeightsAreAsIfNotSmoothed() {
    Run smoothed = Run.all().stream().filter(Run::smoothed).findFirst().orElseThrow();
    Training<Net> training =
        smoothed
            .plan(Run.net(1))
            .calibrate(List.of(X), Net::forward)
            .smoothQuant()
            .train(new Sgd(0));
    training.step(net -> net.learn(X, Run.target(1)));
    Net net = training.floatModel();
    INDArray original = Run.net(1).fc().weight();
    assertFalse(training.parameters().get("fc.weight").equalsWithEps(original, 1e-3));
    assertTrue(net.fc().weight().equalsWithEps(original, 1e-6));
    assertTrue(net.forward(X).equalsWithEps(Run.net(1).forward(X), 1e-5));
    assertSameBits(
        Run.net(1).fc().bias(),
        smoothed
            .plan(net)
            .calibrate(List.of(X), Net::forward)
            .smoothQuant()
            .freeze()
            .model()
            .fc()
            .bias());
  }
}
