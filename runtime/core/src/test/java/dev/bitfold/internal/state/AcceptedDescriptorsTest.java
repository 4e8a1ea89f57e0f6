package dev.bitfold.internal.state;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * What the rules accept can be computed: descriptors of every format, granularity, scale and
 * calibrator, beside each other as they come, quantize a weight and an input.
 */
@Tag("any-jdk")
class AcceptedDescriptorsTest {
  private static final BlockSize BLOCK = BlockSize.axis(-1, 4);

  /** One element of a descriptor, or some that belong together. */
  private interface Change extends UnaryOperator<QuantDescriptor.Builder> {}

  private static final List<List<Change>> CHOICES =
      List.of(
          List.of(
              b -> b,
              b -> b.bits(3).narrowRange(true),
              b -> b.bits(4).unsigned(true),
              b -> b.bits(4, 3),
              b -> b.bits(2, 1),
              b -> b.format(Format.NF4)),
          List.of(
              b -> b,
              b -> b.axis(0),
              b -> b.axis(-1),
              b -> b.per("C"),
              b -> b.per("O"),
              b -> b.blockSizes(BLOCK),
              b -> b.blockSizes(BlockSize.axis(0, 2), BLOCK)),
          List.of(
              b -> b,
              b -> b.scaleBits(8, 0),
              b -> b.scaleBits(4, 3),
              b -> b.scaleBits(8),
              b -> b.scaleBits(8).scaleBlockSizes(BlockSize.axis(-1, 2))),
          List.of(b -> b, b -> b.dynamic(true)),
          List.of(Calib.values()).stream().<Change>map(calib -> b -> b.calib(calib)).toList(),
          List.of(b -> b, b -> b.affine(true)),
          List.of(b -> b, b -> b.amax(1.5)));

  private static List<QuantDescriptor> accepted() {
    List<UnaryOperator<QuantDescriptor.Builder>> all = List.of(b -> b);
    for (List<Change> choice : CHOICES) {
      List<UnaryOperator<QuantDescriptor.Builder>> more = new ArrayList<>();
      for (UnaryOperator<QuantDescriptor.Builder> before : all) {
        choice.forEach(change -> more.add(b -> change.apply(before.apply(b))));
      }
      all = more;
    }
    return all.stream()
        .map(change -> change.apply(QuantDescriptor.builder()))
        .filter(builder -> builder.problems().isEmpty())
        .map(QuantDescriptor.Builder::build)
        .toList();
  }

  @Test
  void whatTheRulesAcceptQuantizesWeightsAndInputs() {
    INDArray signed = Nd4j.linspace(DataType.FLOAT, -2, 0.1, 48).reshape(6, 8);
    INDArray positive = Transforms.abs(signed, true);
    List<String> failed = new ArrayList<>();
    int weights = 0;
    int inputs = 0;
    for (QuantDescriptor descriptor : accepted()) {
      INDArray x = descriptor.unsigned() && !descriptor.affine() ? positive : signed;
      Layout weight = new Layout("OI");
      if (descriptor.problems(Role.WEIGHT, weight).isEmpty()) {
        weights++;
        run(failed, "weight " + descriptor, () -> ofWeight(descriptor, weight, x));
      }
      Layout input = new Layout("…C");
      if (descriptor.problems(Role.INPUT, input).isEmpty()) {
        inputs++;
        run(failed, "input " + descriptor, () -> ofInput(descriptor, input, x));
      }
    }
    assertEquals(List.of(), failed);
    assertTrue(weights > 100 && inputs > 100, weights + " weights, " + inputs + " inputs");
  }

  private static void run(List<String> failed, String what, Runnable quantize) {
    try {
      quantize.run();
    } catch (RuntimeException | AssertionError e) {
      failed.add(what + ": " + e);
    }
  }

  private static void ofWeight(QuantDescriptor descriptor, Layout layout, INDArray x) {
    Quantizer open = Quantizer.of(descriptor, layout, Kernels.active());
    assertSane(x, WeightQuantizer.of(open, x, null).quantize(x));
  }

  private static void ofInput(QuantDescriptor descriptor, Layout layout, INDArray x) {
    Quantizer open = Quantizer.of(descriptor, layout, Kernels.active());
    if (descriptor.needsCalibration()) {
      Calibrator calibrator = Calibrators.of(open, NonFinite.REFUSE);
      calibrator.observe(x);
      open = CalibratedScale.of(calibrator).fix(open);
    }
    assertSane(x, open.quantize(x));
  }

  /** No coarse format is off by more than what is clipped and the widest step. */
  private static void assertSane(INDArray x, INDArray quantized) {
    double worst = x.sub(quantized).norm2Number().doubleValue() / x.norm2Number().doubleValue();
    assertTrue(worst < 1, "error " + worst);
  }
}
