package dev.bitfold.samediff;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.kernel.reference.ReferenceKernels;
import dev.bitfold.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The graph's values against the scalar reference kernels, bit for bit. */
@Tag("slow")
@Tag("any-jdk")
class FakeQuantValuesTest {
  private static final long[] SHAPE = {7, 5, 11};

  static List<QuantDescriptor> descriptors() {
    List<QuantDescriptor> all = new ArrayList<>();
    for (int bits = 2; bits <= 16; bits++) {
      for (int[] axis : new int[][] {{}, {1}, {0, 2}}) {
        all.add(QuantDescriptor.builder().bits(bits).axis(axis).build());
        all.add(QuantDescriptor.builder().bits(bits).axis(axis).narrowRange(true).build());
        all.add(QuantDescriptor.builder().bits(bits).axis(axis).unsigned(true).build());
        all.add(QuantDescriptor.builder().bits(bits).axis(axis).affine(true).build());
      }
    }
    for (int[] format : new int[][] {{4, 3}, {5, 2}, {3, 2}, {2, 3}, {2, 1}}) {
      for (int[] axis : new int[][] {{}, {1}, {0, 2}}) {
        all.add(QuantDescriptor.builder().bits(format).axis(axis).build());
      }
    }
    List<QuantDescriptor> dynamic =
        all.stream().map(d -> d.toBuilder().dynamic(true).build()).toList();
    all.addAll(dynamic);
    return all;
  }

  @ParameterizedTest
  @MethodSource("descriptors")
  void areTheReferenceKernels(QuantDescriptor descriptor) {
    for (long seed = 1; seed <= 3; seed++) {
      Random random = new Random(seed);
      INDArray calibration = values(random, descriptor, 1);
      // Beyond the scale as well, and far below it.
      INDArray x = values(random, descriptor, 1.5);
      SameDiff sd = SameDiff.create();
      SDVariable in = sd.placeHolder("x", DataType.FLOAT, -1, SHAPE[1], SHAPE[2]);
      if (descriptor.axis().contains(0)) {
        in = sd.placeHolder("y", DataType.FLOAT, SHAPE);
      }
      QuantSameDiff.fakeQuant(sd, in, descriptor);
      Quantizer quantizer = Quantizer.of(descriptor).withKernels(new ReferenceKernels());
      if (!descriptor.dynamic()) {
        QuantSameDiff.calibrate(
            sd, List.of(Map.of(in.name(), calibration)), in.name() + "_quantized");
        var calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
        calibrator.observe(calibration);
        quantizer = CalibratedScale.of(calibrator).fix(quantizer);
      }
      INDArray y =
          sd.output(Map.of(in.name(), x), in.name() + "_quantized").values().iterator().next();
      assertSameBits(x, quantizer.quantize(x), y, descriptor + ", seed " + seed);
    }
  }

  private static INDArray values(Random random, QuantDescriptor descriptor, double spread) {
    INDArray x = Nd4j.create(DataType.FLOAT, SHAPE);
    for (long i = 0; i < x.length(); i++) {
      double value = random.nextGaussian() * spread * Math.pow(2, -random.nextInt(20));
      boolean sign = descriptor.unsigned() && !descriptor.affine();
      x.putScalar(i, random.nextInt(20) == 0 ? 0 : sign ? Math.abs(value) : value);
    }
    return x;
  }

  static void assertSameBits(INDArray x, INDArray expected, INDArray actual, String what) {
    float[] from = x.dup('c').data().asFloat();
    float[] a = expected.dup('c').data().asFloat();
    float[] b = actual.dup('c').data().asFloat();
    assertEquals(a.length, b.length);
    for (int i = 0; i < a.length; i++) {
      assertEquals(
          Float.floatToRawIntBits(a[i]),
          Float.floatToRawIntBits(b[i]),
          what + ": " + from[i] + " gives " + b[i] + ", not " + a[i]);
    }
  }

  /** Each code's value, the ties between them, and the neighbours of both. */
  @Test
  void areThoseOfEveryTieAndBoundaryOfTheFloatFormats() {
    for (int[] format : new int[][] {{4, 3}, {5, 2}}) {
      QuantDescriptor descriptor =
          QuantDescriptor.builder().bits(format).amax(format[0] == 4 ? 448 : 57344).build();
      List<Float> all = new ArrayList<>();
      int least = (format[0] == 4 ? -6 : -14) - format[1];
      for (int e = least - 3; e <= 18; e++) {
        for (int k = 0; k < 64; k++) {
          float value = Math.scalb(1 + k / 64f, e);
          all.addAll(List.of(value, Math.nextUp(value), Math.nextDown(value)));
        }
      }
      List<Float> signed = new ArrayList<>(all);
      all.forEach(value -> signed.add(-value));
      signed.addAll(List.of(0f, -0f));
      INDArray x = Nd4j.create(DataType.FLOAT, signed.size());
      for (int i = 0; i < signed.size(); i++) {
        x.putScalar(i, signed.get(i));
      }
      SameDiff sd = SameDiff.create();
      QuantSameDiff.fakeQuant(sd, sd.placeHolder("x", DataType.FLOAT, -1), descriptor);
      assertSameBits(
          x,
          Quantizer.of(descriptor).withKernels(new ReferenceKernels()).quantize(x),
          sd.outputSingle(Map.of("x", x), "x_quantized"),
          descriptor.toString());
    }
  }

  @Test
  void ofAWeightAreThoseOfItsOwnScale() {
    INDArray w = values(new Random(5), QuantDescriptor.bits(4), 1);
    for (Ste ste : Ste.values()) {
      QuantDescriptor descriptor =
          QuantDescriptor.builder().bits(3).axis(1).calib(Calib.MSE).ste(ste).build();
      SameDiff sd = SameDiff.create();
      QuantSameDiff.fakeQuant(sd, sd.var("w", w.dup()), descriptor);
      var calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
      calibrator.observe(w);
      Quantizer quantizer = CalibratedScale.of(calibrator).fix(Quantizer.of(descriptor));
      assertSameBits(w, quantizer.quantize(w), sd.getVariable("w_quantized").eval(), "" + ste);
    }
  }

  @Test
  void ofATinyAmaxAreTheReferenceKernels() {
    for (QuantDescriptor format :
        List.of(QuantDescriptor.bits(8), QuantDescriptor.builder().bits(4, 3).build())) {
      for (double amax : new double[] {0, 1e-30, 0x1p-25, 0x1p-24, 0x1.000002p-24, 1e30}) {
        QuantDescriptor descriptor = format.toBuilder().amax(amax).build();
        INDArray x = Nd4j.createFromArray(0f, 1f, -3e-8f, 1e-30f, 448f, -1e30f);
        SameDiff sd = SameDiff.create();
        QuantSameDiff.fakeQuant(sd, sd.placeHolder("x", DataType.FLOAT, -1), descriptor);
        assertSameBits(
            x,
            Quantizer.of(descriptor).withKernels(new ReferenceKernels()).quantize(x),
            sd.outputSingle(Map.of("x", x), "x_quantized"),
            descriptor + ", amax " + amax);
      }
    }
  }

  @Test
  void ofAScaledAmaxBeyondFloat32AreTheReferenceKernels() {
    for (QuantDescriptor format :
        List.of(QuantDescriptor.bits(8), QuantDescriptor.builder().bits(4, 3).build())) {
      for (double scale : new double[] {0.5, 1.5, 4, 1e30}) {
        QuantDescriptor descriptor = format.toBuilder().amax(2e38).scaleAmax(scale).build();
        INDArray x = Nd4j.createFromArray(0f, 1f, -3e36f, 1e38f, -3.4e38f);
        SameDiff sd = SameDiff.create();
        QuantSameDiff.fakeQuant(sd, sd.placeHolder("x", DataType.FLOAT, -1), descriptor);
        assertSameBits(
            x,
            Quantizer.of(descriptor).withKernels(new ReferenceKernels()).quantize(x),
            sd.outputSingle(Map.of("x", x), "x_quantized"),
            descriptor + ", scale " + scale);
      }
    }
  }
}
