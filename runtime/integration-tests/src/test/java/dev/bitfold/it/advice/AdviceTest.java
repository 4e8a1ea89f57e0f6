package dev.bitfold.it.advice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Sensitivity;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Checks advice by its effect on the model, and that there is no advice if no change is worth
 * making.
 */
class AdviceTest {
  private static final int IN = 64;

  private final List<INDArray> batches =
      IntStream.range(0, 3).mapToObj(i -> Arrays.normal(20 + i, 40, IN)).toList();
  private final Mlp mlp = mlp();

  /** Every eighth output channel of the first layer is four times as large as the others. */
  private static Mlp mlp() {
    INDArray weight = Arrays.normal(1, 64, IN).muli(0.05);
    for (int o = 0; o < 64; o += 8) {
      weight.getRow(o).muli(4);
    }
    return new Mlp(
        Linear.of(weight, Arrays.normal(2, 64).muli(0.01)),
        List.of(Linear.random(3, 32, 64)),
        Linear.random(4, 10, 32));
  }

  private static double error(Mlp floats, Mlp quantized, List<INDArray> batches) {
    double noise = 0;
    double signal = 0;
    for (INDArray x : batches) {
      INDArray expected = floats.forward(x);
      noise += Math.pow(expected.distance2(quantized.forward(x)), 2);
      signal += Math.pow(expected.norm2Number().doubleValue(), 2);
    }
    return Math.sqrt(noise / signal);
  }

  private Plan<Mlp> coarse() {
    return MlpQuantizer.of(mlp).describe("fc1.weight", QuantDescriptor.bits(4));
  }

  /** The error of the model's output with the first layer alone quantized. */
  private double alone(QuantDescriptor.Builder weight) {
    Plan<Mlp> plan = coarse().describe("fc1.weight", weight.build()).skip("hidden.0").skip("head");
    return error(mlp, plan.calibrate(batches, Mlp::forward).freeze().model(), batches);
  }

  @Test
  void isAScalePerChannelForAWeightThatHasOneForAll() {
    double before = alone(QuantDescriptor.builder().bits(4));
    double after = alone(QuantDescriptor.builder().bits(4).per("O"));
    assertTrue(after < 0.6 * before, before + " and " + after);

    List<Advice> advice = coarse().calibrate(batches, Mlp::forward).advise(3, 1.01 * after);
    assertEquals(1, advice.size(), advice.toString());
    Advice first = advice.get(0);
    assertEquals("fc1", first.layer());
    assertTrue(
        first.annotation().startsWith("@Quantize(bits = 4, per = \"O\") on Linear"),
        first.annotation());
    assertEquals(63 * 4, first.bytes(), "64 scales in place of one");
    assertTrue(first.after() < 0.7 * first.before(), first.toString());
    assertEquals(before, first.modelBefore(), 1e-5);
    assertEquals(after, first.modelAfter(), 1e-5);
    QuantDescriptor changed = first.describe().get("fc1.weight");
    assertEquals(QuantDescriptor.builder().bits(4).per("O").build(), changed);
  }

  @Test
  void isTheCheapestThatIsGoodEnough() {
    double channels = alone(QuantDescriptor.builder().bits(4).per("O"));
    double blocks = alone(QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 32)));
    double eight = alone(QuantDescriptor.builder().bits(8).per("O"));
    assertTrue(eight < 0.5 * blocks && blocks < channels, eight + ", " + blocks);
    Calibration<Mlp> calibration = coarse().calibrate(batches, Mlp::forward);

    Advice middle = calibration.advise(1, 1.01 * blocks).get(0);
    assertTrue(
        middle.annotation().contains("blockSizes = @Block(along = \"I\", size = 32)"),
        middle.annotation());
    assertEquals(127 * 4, middle.bytes(), "two scales a row in place of one for all");
    Advice fine = calibration.advise(1, 0.99 * blocks).get(0);
    assertTrue(fine.annotation().contains("@Quantize(bits = 8, per = \"O\")"), fine.annotation());
    assertEquals(63 * 4 + 64 * IN / 2, fine.bytes());
    assertEquals(eight, fine.modelAfter(), 1e-5);
  }

  @Test
  void isSilentWhereNothingIsWorthChanging() {
    Calibration<Mlp> calibration = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward);
    List<Sensitivity.Layer> layers = calibration.sensitivity().layers();
    double worst = layers.get(0).error().orElseThrow();
    assertEquals(List.of(), calibration.advise(5, worst));
    assertEquals(
        List.of(layers.get(0).path()),
        calibration.advise(5, 0.5 * (worst + layers.get(1).error().orElseThrow())).stream()
            .map(Advice::layer)
            .toList());
    assertEquals(3, calibration.advise(5, 0).size());
    assertEquals(2, calibration.advise(2, 0).size());

    Recipe fine =
        Recipe.of("fine")
            .with(Role.WEIGHT, QuantDescriptor.builder().bits(12).per("O").build())
            .with(Role.INPUT, QuantDescriptor.bits(12));
    assertEquals(
        List.of(), MlpQuantizer.of(mlp).using(fine).calibrate(batches, Mlp::forward).advise(5));
  }

  @Test
  void aThresholdIsNotNegative() {
    Calibration<Mlp> calibration = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward);
    for (double threshold : new double[] {-0.1, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> calibration.advise(1, threshold));
    }
  }

  /** Nothing is known of the axes of its input. */
  @Quantize(bits = 8, per = "O")
  @Quantize(role = Role.INPUT, bits = 8)
  static class Plain {
    @Weight(layout = "OI")
    private final INDArray weight;

    @Bias(layout = "O")
    private final INDArray bias;

    Plain(INDArray weight, INDArray bias) {
      this.weight = weight;
      this.bias = bias;
    }

    INDArray weight() {
      return weight;
    }

    INDArray bias() {
      return bias;
    }

    INDArray forward(@Input INDArray x) {
      return Nd4j.matmul(x, weight, false, true, false).addiRowVector(bias);
    }
  }

  @QuantizeModel
  record Two(Plain plain, Linear head) {
    INDArray forward(INDArray x) {
      return head.forward(Transforms.relu(plain.forward(x), true));
    }
  }

  private static Two two() {
    return new Two(
        new Plain(Arrays.normal(5, 16, IN).muli(0.2), Arrays.normal(6, 16)),
        Linear.random(7, 4, 16));
  }

  @Test
  void aLayerWithoutAnInputLayoutIsDiagnosedWithoutChannels() {
    Calibration<Two> calibration =
        AdviceTest_TwoQuantizer.of(two()).calibrate(batches, Two::forward);
    Diagnosis diagnosis = calibration.diagnose();
    Diagnosis.Layer plain = diagnosis.layer("plain").orElseThrow();

    assertTrue(plain.outputDecibels().orElseThrow() > 30, diagnosis.toString());
    assertTrue(plain.inputs().get(0).before().channels().isEmpty());
    assertTrue(Double.isNaN(plain.inputs().get(0).before().spread()));
    assertEquals(
        16, diagnosis.layer("head").orElseThrow().inputs().get(0).before().channels().size());
    String row =
        diagnosis.toString().lines().filter(l -> l.startsWith("plain")).findFirst().orElseThrow();
    assertTrue(row.contains("no channels"), row);
    assertTrue(diagnosis.toJson().contains("\"path\":\"plain\""));
    assertEquals(2, calibration.sensitivity().layers().size());
    assertTrue(calibration.sensitivity().layers().stream().allMatch(l -> l.error().orElse(0) > 0));
    assertEquals(2, calibration.advise(2, 0).size());
  }

  /** One value far out takes the steps of all others, and no finer scale is known for the input. */
  @Test
  void isToKeepALayerFloatWhereNothingElseHelps() {
    List<INDArray> far = batches.stream().map(INDArray::dup).toList();
    far.get(1).putScalar(3, 7, 20_000f);
    Two model = two();
    Calibration<Two> calibration =
        AdviceTest_TwoQuantizer.of(model).skip("head").calibrate(far, Two::forward);
    List<Advice> advice = calibration.advise(1, 1e-3);

    assertEquals("@SkipQuantize at plain", advice.get(0).annotation());
    assertTrue(advice.get(0).describe().isEmpty());
    assertEquals(0, advice.get(0).modelAfter());
    // Float weights of 16 by 64 in place of bytes and 16 scales.
    assertEquals(16 * IN * 3 - 16 * 4, advice.get(0).bytes());
    assertTrue(advice.get(0).reason().contains("the layout of x names no channels"));
    assertEquals(
        model.plain().weight(),
        AdviceTest_TwoQuantizer.of(model)
            .with(advice.get(0))
            .calibrate(far, Two::forward)
            .freeze()
            .model()
            .plain()
            .weight());
  }
}
