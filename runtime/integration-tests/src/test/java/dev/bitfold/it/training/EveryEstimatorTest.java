package dev.bitfold.it.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.layer.Gradients;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/**
 * Each estimator of each format is differentiated, or refused by {@code train} with the tensor's
 * name: the gradient is upstream's where docs/training.md says that it passes, and zero elsewhere.
 * A layer with a weight and an identity makes the gradients of both tensors visible.
 */
@Tag("slow")
@Tag("any-jdk")
class EveryEstimatorTest {
  private static final int SIZE = 8;
  private static final INDArray EYE = Nd4j.eye(SIZE);
  private static final INDArray UPSTREAM = Arrays.normal(2, SIZE, SIZE);

  private int trained;
  private int refused;

  private static List<QuantDescriptor> descriptors(Role role, Layout layout) {
    String axis = role == Role.WEIGHT ? "O" : "C";
    BlockSize blocks = BlockSize.axis(axis.equals("O") ? 0 : -1, 4);
    List<QuantDescriptor.Builder> formats = new ArrayList<>();
    for (int bits : new int[] {2, 3, 8, 12}) {
      formats.add(Run.bits(bits));
      formats.add(Run.bits(bits).narrowRange(true));
      formats.add(Run.bits(bits).unsigned(true));
      formats.add(Run.bits(bits).affine(true));
      formats.add(Run.bits(bits).affine(true).unsigned(true));
    }
    for (int[] bits : new int[][] {{4, 3}, {5, 2}, {3, 2}, {2, 3}, {2, 1}, {3, 0}}) {
      formats.add(Run.bits(bits[0], bits[1]));
    }
    formats.add(QuantDescriptor.builder().format(Format.NF4));
    List<QuantDescriptor> all = new ArrayList<>();
    for (QuantDescriptor.Builder format : formats) {
      for (Ste ste : Ste.values()) {
        for (Calib calib : List.of(Calib.MAX, Calib.PERCENTILE, Calib.MSE)) {
          add(all, with(format, ste, calib));
          add(all, with(format, ste, calib).per(axis));
          add(all, with(format, ste, calib).blockSizes(blocks));
        }
        add(all, with(format, ste, Calib.MAX).dynamic(true));
        add(all, with(format, ste, Calib.MAX).amax(0.7));
        add(all, with(format, ste, Calib.MAX).blockSizes(blocks).scaleBits(8, 0).dynamic(true));
        add(all, with(format, ste, Calib.MAX).blockSizes(blocks).scaleBits(4, 3));
      }
      add(all, format.build().toBuilder().learnAmax(true));
    }
    all.removeIf(d -> !d.problems(role, layout).isEmpty());
    return all;
  }

  private static QuantDescriptor.Builder with(
      QuantDescriptor.Builder format, Ste ste, Calib calib) {
    QuantDescriptor.Builder builder = format.build().toBuilder().ste(ste).calib(calib);
    return calib == Calib.PERCENTILE ? builder.percentile(70) : builder;
  }

  private static void add(List<QuantDescriptor> all, QuantDescriptor.Builder builder) {
    if (builder.problems().isEmpty()) {
      all.add(builder.build());
    }
  }

  private static INDArray values(long seed, QuantDescriptor descriptor) {
    INDArray x = Arrays.normal(seed, SIZE, SIZE);
    return descriptor.unsigned() && !descriptor.affine() ? x.mul(x) : x;
  }

  private static boolean learned(QuantDescriptor d) {
    return d.learnAmax() || d.ste() == Ste.LSQ || d.ste() == Ste.PACT;
  }

  /** What docs/training.md says that cannot be learned. */
  private static boolean isLearnable(QuantDescriptor d) {
    return !d.affine()
        && !d.dynamic()
        && d.scaleFormat() == ScaleFormat.FLOAT32
        && (d.ste() != Ste.LSQ || d.format().integers().isPresent());
  }

  /** A pair of which the first layer is described, and the second one stays float. */
  private Training<Pair> begin(
      QuantDescriptor descriptor, String tensor, INDArray weight, INDArray seen) {
    Dense one = new Dense(weight, Nd4j.zeros(SIZE), Stage.Fault.NONE);
    Dense two = new Dense(EYE.dup(), Nd4j.zeros(SIZE), Stage.Fault.NONE);
    Plan<Pair> plan = PairQuantizer.of(new Pair(one, two)).skip("two");
    plan = plan.skip(tensor.equals("one.x") ? "one.weight" : "one.x");
    return plan.describe(tensor, descriptor)
        .calibrate(List.of(seen), Pair::forward)
        .train(new Sgd(0));
  }

  /** Empty if it is refused as it should be. */
  private Optional<Training<Pair>> training(
      QuantDescriptor descriptor, String tensor, INDArray weight, INDArray seen) {
    try {
      Training<Pair> training = begin(descriptor, tensor, weight, seen);
      assertTrue(!learned(descriptor) || isLearnable(descriptor), descriptor + " is not refused");
      trained++;
      return Optional.of(training);
    } catch (IllegalArgumentException e) {
      assertTrue(e.getMessage().startsWith(tensor + " (Dense"), e.getMessage());
      assertTrue(e.getMessage().contains("cannot be trained: "), e.getMessage());
      assertTrue(learned(descriptor) && !isLearnable(descriptor), e.getMessage());
      refused++;
      return Optional.empty();
    }
  }

  @Test
  void gradientsOfWeightsAreAsThePageSays() {
    for (QuantDescriptor d : descriptors(Role.WEIGHT, new Layout("IO"))) {
      INDArray weight = values(1, d);
      Training<Pair> training = training(d, "one.weight", weight, EYE).orElse(null);
      if (training == null) {
        continue;
      }
      Map<String, INDArray> gradients = training.gradients(EveryEstimatorTest::pass);
      boolean follows =
          d.dynamic() || (d.calib() == Calib.MAX && d.amax().isEmpty() && !learned(d));
      Range range = follows ? null : Range.of(training, "one.weight");
      check(d, weight, range, gradients.get("one.weight"));
      if (learned(d)) {
        long elements = weight.length() / range.max().length;
        checkSlope(d, weight, range, gradients.get("one.weight.amax"), elements);
      }
    }
    assertTrue(trained > 250, trained + " trained");
    assertTrue(refused > 10, refused + " refused");
  }

  @Test
  void gradientsOfInputsAreAsThePageSays() {
    for (QuantDescriptor d : descriptors(Role.INPUT, new Layout("NC"))) {
      INDArray x = values(3, d);
      INDArray seen = values(3, d).mul(0.5);
      Training<Pair> training = training(d, "one.x", EYE.dup(), seen).orElse(null);
      if (training == null) {
        continue;
      }
      INDArray[] ofInput = new INDArray[1];
      Map<String, INDArray> gradients =
          training.gradients(
              pair -> {
                pair.one().forward(x);
                Gradients computed = pair.one().backward(x, UPSTREAM);
                ofInput[0] = computed.input();
                return 0;
              });
      Range range = d.dynamic() ? null : Range.of(training, "one.x");
      check(d, x, range, ofInput[0]);
      if (learned(d)) {
        checkSlope(d, x, range, gradients.get("one.x.amax"), SIZE);
      }
    }
    assertTrue(trained > 250, trained + " trained");
    assertTrue(refused > 10, refused + " refused");
  }

  /**
   * The scale of a tensor as it is deployed.
   *
   * @param min of each group; of a symmetric one the negative amax
   * @param max of each group
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Range(float[] min, float[] max, long[] shape) {
    static Range of(Training<Pair> training, String path) {
      training.step(EveryEstimatorTest::pass);
      CalibratedScale scale = training.freeze().state().state().scales().get(path);
      if (scale instanceof CalibratedScale.Range range) {
        return new Range(
            range.min().ravel().toFloatVector(),
            range.max().ravel().toFloatVector(),
            range.min().shape());
      }
      INDArray amax = ((CalibratedScale.Amax) scale).amax();
      return new Range(
          amax.neg().ravel().toFloatVector(), amax.ravel().toFloatVector(), amax.shape());
    }

    /** Blocks and axes that share a scale are evenly spread. */
    int group(int row, int column) {
      if (max.length == 1) {
        return 0;
      }
      assertEquals(2, shape.length, "the shape of a scale");
      int rows = (int) shape[0];
      int columns = (int) shape[1];
      return row * rows / SIZE * columns + column * columns / SIZE;
    }
  }

  private static double pass(Pair pair) {
    pair.one().forward(EYE);
    pair.one().backward(EYE, UPSTREAM);
    return 0;
  }

  private static void check(QuantDescriptor d, INDArray x, Range range, INDArray gradient) {
    String what = d + " " + d.ste() + " " + d.calib();
    int passed = 0;
    for (int i = 0; i < SIZE; i++) {
      for (int j = 0; j < SIZE; j++) {
        boolean pass = range == null || passes(d, x.getFloat(i, j), range, range.group(i, j));
        float expected = pass ? UPSTREAM.getFloat(i, j) : 0;
        assertEquals(expected, gradient.getFloat(i, j), 1e-6, what + " at " + i + ", " + j);
        passed += pass ? 1 : 0;
      }
    }
    assertTrue(passed > 0, what + " passes something");
  }

  private static boolean passes(QuantDescriptor d, float x, Range range, int group) {
    float amax = range.max()[group];
    if (d.ste() == Ste.LSQ) {
      IntFormat format = d.format().integers().orElseThrow();
      float steps = x / (amax / format.max());
      return steps >= format.min() && steps <= format.max();
    } else if (learned(d)) {
      return Math.abs(x) < amax;
    } else if (d.ste() == Ste.PASS_THROUGH) {
      return true;
    }
    return d.affine()
        ? x >= Math.min(0, range.min()[group]) && x <= Math.max(0, amax)
        : Math.abs(x) <= amax;
  }

  /** Esser et al., 2020, equation 3 and section 2.2; Choi et al., 2018, equation 3. */
  private static void checkSlope(
      QuantDescriptor d, INDArray x, Range range, INDArray gradient, long elements) {
    double[] expected = new double[range.max().length];
    for (int i = 0; i < SIZE; i++) {
      for (int j = 0; j < SIZE; j++) {
        int group = range.group(i, j);
        expected[group] +=
            UPSTREAM.getFloat(i, j) * slope(d, x.getFloat(i, j), range.max()[group], elements);
      }
    }
    for (int group = 0; group < expected.length; group++) {
      double got = gradient.ravel().getDouble(group);
      String what = d + " " + d.ste() + " " + d.calib() + ", amax " + group;
      assertEquals(expected[group], got, 1e-4 * Math.max(1, Math.abs(expected[group])), what);
    }
  }

  private static double slope(QuantDescriptor d, float x, float amax, long elements) {
    if (d.ste() != Ste.LSQ) {
      return Math.abs(x) < amax ? 0 : Math.signum(x);
    }
    IntFormat format = d.format().integers().orElseThrow();
    double steps = x / (amax / format.max());
    double ofStep =
        steps < format.min()
            ? format.min()
            : steps > format.max() ? format.max() : Math.rint(steps) - steps;
    return ofStep / format.max() / Math.sqrt((double) elements * format.max());
  }
}
