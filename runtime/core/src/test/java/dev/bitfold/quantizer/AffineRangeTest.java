package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.StraightThrough;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.parity.PeerRange;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The ranges of affine quantizers: each holds zero, whatever was observed. */
class AffineRangeTest {
  private static QuantDescriptor.Builder affine(int bits, boolean unsigned) {
    return QuantDescriptor.builder().bits(bits).unsigned(unsigned).affine(true);
  }

  @Property(tries = 3000)
  void holdZeroAndReachTheirEnds(
      @ForAll float one,
      @ForAll float other,
      @ForAll boolean constant,
      @ForAll @IntRange(min = 2, max = 12) int bits,
      @ForAll boolean unsigned) {
    float min = constant ? one : Math.min(one, other);
    float max = constant ? one : Math.max(one, other);
    double low = Math.min(min, 0);
    double high = Math.max(max, 0);
    INDArray x = Nd4j.createFromArray(min, max, min / 2 + max / 2, 0f);
    Quantizer quantizer =
        Quantizer.of(affine(bits, unsigned).build()).withRange(Nd4j.scalar(min), Nd4j.scalar(max));
    Codes codes = quantizer.codes(x);
    float zero = codes.zeroPoint().orElseThrow().getFloat(0);
    int smallest = unsigned ? 0 : -(1 << (bits - 1));
    assertTrue(zero >= smallest && zero <= smallest + (1 << bits) - 1, "zero point " + zero);
    float[] y = Arrangement.floats(quantizer.quantize(x));
    assertEquals(0f, y[3], "zero is kept");
    // A code is half a step from its value, and the zero point another half from its own.
    double step = Math.max((high - low) / ((1 << bits) - 1), Float.MIN_VALUE);
    for (int i = 0; i < 3; i++) {
      double expected = x.getFloat(i);
      assertEquals(expected, y[i], 1.01 * step + Math.abs(expected) * 1e-6, "value " + i);
    }
  }

  @Property(tries = 300)
  void areThePeersWhereTheyHoldZero(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 12) int bits) {
    Random random = new Random(seed);
    float min = -random.nextFloat() * 3;
    float max = random.nextFloat() * 2 + 1e-3f;
    INDArray x = Nd4j.createFromArray(Arrangement.values(60, seed, false));
    assertArrayEquals(
        Arrangement.floats(new PeerRange(bits, min, max).quantize(x)),
        Arrangement.floats(
            Quantizer.of(affine(bits, false).build())
                .withRange(Nd4j.scalar(min), Nd4j.scalar(max))
                .quantize(x)));
  }

  /** By every calibrator of ranges, per tensor and per channel, and without calibration. */
  @Property(tries = 200)
  void keepAConstantChannel(@ForAll float value, @ForAll long seed, @ForAll boolean alone) {
    INDArray x = Nd4j.createFromArray(Arrangement.values(60, seed, false)).reshape(12, 5);
    x.getColumn(3).assign(value);
    if (alone) {
      x.assign(value);
    }
    for (Calib calib : new Calib[] {Calib.MAX, Calib.MOVING_AVERAGE, Calib.PERCENTILE}) {
      for (boolean perChannel : new boolean[] {true, false}) {
        QuantDescriptor.Builder builder = affine(8, true).calib(calib);
        QuantDescriptor descriptor = (perChannel ? builder.axis(1) : builder).build();
        Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
        calibrator.observe(x);
        Quantizer fixed = CalibratedScale.of(calibrator).fix(Quantizer.of(descriptor));
        for (Quantizer quantizer : new Quantizer[] {fixed, Quantizer.of(descriptor)}) {
          INDArray y = quantizer.quantize(x);
          for (float finite : Arrangement.floats(y)) {
            assertTrue(Float.isFinite(finite), () -> descriptor + " " + calib);
          }
          for (int row = 0; row < 12; row++) {
            float kept = y.getFloat(row, 3);
            // Alone in its range, a value is an end of it; with others it is a step off at most.
            double bound =
                perChannel || alone
                    ? Math.abs(value) * 1e-6 + Float.MIN_VALUE * 130
                    : (Math.abs(value) + 2 * x.amaxNumber().doubleValue()) / 255;
            assertEquals(value, kept, bound, quantizer.descriptor() + " " + calib);
          }
        }
      }
    }
  }

  @Test
  void passTheGradientWhereTheyQuantize() {
    StraightThrough estimator = StraightThrough.of(affine(4, false).build(), Layout.UNKNOWN);
    INDArray x = Nd4j.createFromArray(-0.1f, 0f, 0.2f, 0.5f, 2f, 2.1f);
    INDArray passed =
        estimator
            .backward(x, Map.of("min", Nd4j.scalar(0.5f), "max", Nd4j.scalar(2f)), Nd4j.onesLike(x))
            .input();
    assertArrayEquals(new float[] {0, 1, 1, 1, 1, 0}, passed.toFloatVector());
  }

  @Test
  void giveZerosForZeros() {
    INDArray zeros = Nd4j.zeros(3, 2);
    Quantizer dynamic = Quantizer.of(affine(8, true).build());
    Quantizer fixed = dynamic.withRange(Nd4j.scalar(0f), Nd4j.scalar(0f));
    for (Quantizer quantizer : new Quantizer[] {dynamic, fixed}) {
      assertEquals(zeros, quantizer.quantize(zeros));
      assertEquals(zeros, quantizer.pack(zeros).unpack());
      assertEquals(1f, quantizer.codes(zeros).scale().getFloat(0));
    }
  }
}
