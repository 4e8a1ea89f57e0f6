package dev.bitfold.samediff;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.QuantGradients;
import dev.bitfold.gradient.StraightThrough;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Each estimator of each format that a graph supports is differentiated, or refused when it is
 * built: the gradient is upstream's where docs/training.md says that it passes, and zero elsewhere.
 */
@Tag("slow")
@Tag("any-jdk")
class EveryEstimatorTest {
  private static final int ROWS = 6;
  private static final int COLUMNS = 5;

  static List<QuantDescriptor> descriptors() {
    List<QuantDescriptor.Builder> formats = new ArrayList<>();
    for (int bits : new int[] {2, 3, 8, 12}) {
      formats.add(QuantDescriptor.builder().bits(bits));
      formats.add(QuantDescriptor.builder().bits(bits).narrowRange(true));
      formats.add(QuantDescriptor.builder().bits(bits).unsigned(true));
      formats.add(QuantDescriptor.builder().bits(bits).affine(true));
      formats.add(QuantDescriptor.builder().bits(bits).affine(true).unsigned(true));
    }
    for (int[] bits : new int[][] {{4, 3}, {5, 2}, {3, 2}, {2, 3}, {2, 1}, {3, 0}}) {
      formats.add(QuantDescriptor.builder().bits(bits));
    }
    List<QuantDescriptor> all = new ArrayList<>();
    for (QuantDescriptor.Builder format : formats) {
      for (int[] axis : new int[][] {{}, {1}}) {
        for (Ste ste : Ste.values()) {
          for (Calib calib : new Calib[] {Calib.MAX, Calib.PERCENTILE, Calib.MSE}) {
            add(all, format.build().toBuilder().axis(axis).ste(ste).calib(calib).percentile(70));
          }
          add(all, format.build().toBuilder().axis(axis).ste(ste).dynamic(true));
        }
      }
      add(all, format.build().toBuilder().learnAmax(true));
      add(all, format.build().toBuilder().amax(0.7));
    }
    return all;
  }

  private static void add(List<QuantDescriptor> all, QuantDescriptor.Builder builder) {
    if (builder.problems().isEmpty()) {
      all.add(builder.build());
    }
  }

  private static INDArray values(long seed, QuantDescriptor descriptor, long... shape) {
    Random random = new Random(seed);
    INDArray x = Nd4j.create(DataType.FLOAT, shape);
    boolean sign = !descriptor.unsigned() || descriptor.affine();
    for (long i = 0; i < x.length(); i++) {
      double value = random.nextGaussian();
      x.putScalar(i, sign ? value : Math.abs(value));
    }
    return x;
  }

  /** A weight, and an input that goes beyond what it was calibrated on. */
  @ParameterizedTest
  @MethodSource("descriptors")
  void gradientsAreAsThePageSays(QuantDescriptor descriptor) {
    INDArray weight = values(1, descriptor, ROWS, COLUMNS);
    INDArray upstream = values(2, QuantDescriptor.bits(8), ROWS, COLUMNS);
    for (boolean ofWeight : new boolean[] {true, false}) {
      SameDiff sd = SameDiff.create();
      SDVariable w = sd.var("w", weight.dup());
      SDVariable x = sd.placeHolder("x", DataType.FLOAT, ROWS, COLUMNS);
      SDVariable input = ofWeight ? w : w.mul("h", x);
      SDVariable q;
      try {
        q = QuantSameDiff.fakeQuant(sd, input, descriptor);
      } catch (IllegalArgumentException e) {
        String name = ofWeight ? "variable w" : "variable h";
        assertTrue(e.getMessage().startsWith(name), e.getMessage());
        boolean cannotLearn =
            learned(descriptor)
                && (descriptor.affine()
                    || descriptor.dynamic()
                    || !(descriptor.format() instanceof IntFormat));
        boolean unknownRank =
            e.getMessage().contains("its rank is not known")
                && !ofWeight
                && descriptor.dynamic()
                && !descriptor.perTensor();
        assertTrue(cannotLearn || unknownRank, e.getMessage());
        continue;
      }
      q.mul(sd.constant("g", upstream)).sum("loss", false, 0, 1).markAsLoss();
      INDArray ones = Nd4j.ones(DataType.FLOAT, ROWS, COLUMNS);
      if (!ofWeight && descriptor.needsCalibration()) {
        QuantSameDiff.calibrate(sd, List.of(Map.of("x", ones.mul(0.6))), "loss");
      }
      boolean learned = learned(descriptor);
      String amax = ofWeight ? "w_quantized/amax" : "h_quantized/amax";
      Map<String, INDArray> gradients =
          learned
              ? sd.calculateGradients(Map.of("x", ones), "w", amax)
              : sd.calculateGradients(Map.of("x", ones), "w");
      String what = descriptor + " " + descriptor.ste() + (ofWeight ? ", weight" : ", input");
      boolean follows =
          descriptor.dynamic()
              || (ofWeight
                  && descriptor.calib() == Calib.MAX
                  && descriptor.amax().isEmpty()
                  && !learned);
      Map<String, INDArray> scales = scales(sd, ofWeight ? "w" : "h", descriptor, follows);
      requireMasked(weight, upstream, gradients.get("w"), descriptor, scales, follows, what);
      if (learned) {
        requireSlope(weight, upstream, gradients.get(amax), descriptor, scales, ofWeight, what);
      }
    }
  }

  private static boolean learned(QuantDescriptor descriptor) {
    return descriptor.learnAmax() || descriptor.ste() == Ste.LSQ || descriptor.ste() == Ste.PACT;
  }

  private static Map<String, INDArray> scales(
      SameDiff sd, String name, QuantDescriptor descriptor, boolean follows) {
    Map<String, INDArray> scales = new LinkedHashMap<>();
    if (!follows) {
      for (String each : descriptor.affine() ? List.of("min", "max") : List.of("amax")) {
        scales.put(each, sd.getVariable(name + "_quantized/" + each).getArr());
      }
    }
    return scales;
  }

  private static void requireMasked(
      INDArray x,
      INDArray upstream,
      INDArray gradient,
      QuantDescriptor descriptor,
      Map<String, INDArray> scales,
      boolean follows,
      String what) {
    int passed = 0;
    for (int i = 0; i < ROWS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        boolean pass =
            follows
                || passes(
                    x.getFloat(i, j),
                    descriptor,
                    scales.values().stream().toList(),
                    descriptor.perTensor() ? 0 : j);
        float expected = pass ? upstream.getFloat(i, j) : 0;
        assertEquals(expected, gradient.getFloat(i, j), 1e-6, what + " at " + i + ", " + j);
        passed += pass ? 1 : 0;
      }
    }
    assertTrue(passed > 0, what + " passes something");
  }

  private static boolean passes(
      float x, QuantDescriptor descriptor, List<INDArray> scales, int channel) {
    if (descriptor.ste() == Ste.PASS_THROUGH && !descriptor.learnAmax()) {
      return true;
    }
    if (descriptor.affine()) {
      float min = Math.min(0, scales.get(0).getFloat(channel));
      float max = Math.max(0, scales.get(1).getFloat(channel));
      return x >= min && x <= max;
    }
    float amax = scales.get(0).getFloat(channel);
    if (descriptor.ste() == Ste.LSQ) {
      IntFormat format = (IntFormat) descriptor.format();
      float steps = x / (amax / format.max());
      return steps >= format.min() && steps <= format.max();
    }
    return learned(descriptor) ? Math.abs(x) < amax : Math.abs(x) <= amax;
  }

  private static void requireSlope(
      INDArray x,
      INDArray upstream,
      INDArray gradient,
      QuantDescriptor descriptor,
      Map<String, INDArray> scales,
      boolean ofWeight,
      String what) {
    QuantGradients eager =
        StraightThrough.of(descriptor, Layout.UNKNOWN).backward(x, scales, upstream);
    double factor = 1;
    if (descriptor.ste() == Ste.LSQ) {
      double largest = ((IntFormat) descriptor.format()).max();
      double elements =
          ofWeight ? (descriptor.perTensor() ? ROWS * COLUMNS : ROWS) : (double) COLUMNS;
      factor = 1 / Math.sqrt(elements * largest);
    }
    INDArray expected = eager.parameter(StraightThrough.AMAX).mul(factor);
    assertEquals(expected.length(), gradient.length(), what);
    for (int i = 0; i < expected.length(); i++) {
      double value = expected.ravel().getDouble(i);
      double got = gradient.ravel().getDouble(i);
      assertEquals(value, got, 1e-4 * Math.max(1, Math.abs(value)), what + ", amax " + i);
    }
  }

  @ParameterizedTest
  @MethodSource("unlearnable")
  void whatCannotBeLearnedIsRefusedWhenItIsBuilt(QuantDescriptor descriptor) {
    SameDiff sd = SameDiff.create();
    SDVariable w = sd.var("w", values(1, descriptor, ROWS, COLUMNS));
    int before = sd.variables().size();
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> QuantSameDiff.fakeQuant(sd, w, descriptor))
            .toString();
    assertTrue(message.contains("variable w"), message);
    assertEquals(before, sd.variables().size(), "nothing was added");
  }

  static List<QuantDescriptor> unlearnable() {
    return List.of(
        QuantDescriptor.builder().bits(4).affine(true).ste(Ste.LSQ).build(),
        QuantDescriptor.builder().bits(4).affine(true).ste(Ste.PACT).build(),
        QuantDescriptor.builder().bits(4, 3).ste(Ste.LSQ).build());
  }
}
