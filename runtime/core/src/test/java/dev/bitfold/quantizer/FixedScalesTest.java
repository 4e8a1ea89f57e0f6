package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.scale.FloatCodec;
import dev.bitfold.quantizer.scale.HostTensor;
import dev.bitfold.quantizer.scale.Overflow;
import dev.bitfold.tensor.DenseFloats;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Compares quantizers of several groups, scales and tensors with those of one. */
class FixedScalesTest {
  private static final List<QuantKernels> KERNELS =
      List.of(Kernels.named("reference"), Kernels.named("cpu"));

  private final INDArray x = DenseFloats.array(Arrangement.values(24, 3, false), 3, 8);

  private static QuantDescriptor.Builder b(int... bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  private static void same(INDArray expected, INDArray actual) {
    assertArrayEquals(Arrangement.floats(expected), Arrangement.floats(actual));
    assertArrayEquals(expected.shape(), actual.shape());
  }

  private static INDArray row(INDArray x, int row) {
    return x.getRow(row, true).dup('c');
  }

  @Test
  void eachRowIsQuantizedUnderItsOwnAmax() {
    float[] amax = {1, 2, 0.5f};
    for (INDArray given :
        new INDArray[] {Nd4j.createFromArray(amax), Nd4j.createFromArray(amax).reshape(3, 1)}) {
      Quantizer perRow = Quantizer.of(b(4).axis(0).build()).withAmax(given);
      assertTrue(perRow.isFixed());
      assertEquals(List.of(1f, 2f, 0.5f), perRow.fixedAmax());
      for (QuantKernels kernels : KERNELS) {
        INDArray y = perRow.withKernels(kernels).quantize(x);
        for (int r = 0; r < 3; r++) {
          Quantizer one = Quantizer.of(b(4).build()).withAmax(Nd4j.scalar(amax[r]));
          same(one.quantize(row(x, r)), row(y, r));
        }
      }
    }
    assertFalse(Quantizer.of(b(4).axis(0).build()).isFixed());
    assertEquals(List.of(), Quantizer.of(b(4).build()).fixedAmax());
    Quantizer affine = Quantizer.of(b(4).affine(true).build());
    assertEquals(List.of(), affine.withRange(Nd4j.scalar(0f), Nd4j.scalar(1f)).fixedAmax());
    // A vector is told only where one axis keeps scales.
    Quantizer both = Quantizer.of(b(4).axis(0, 1).build());
    refused("does not fit its scales' [3, 8]", () -> both.withAmax(Nd4j.ones(24)).quantize(x));
    refused(
        "does not fit its scales' [3, 1]",
        () -> Quantizer.of(b(4).axis(0).build()).withAmax(Nd4j.ones(1, 3)).quantize(x));
    refused(
        "does not fit its scales' [3, 1]",
        () -> Quantizer.of(b(4).axis(0).build()).withAmax(Nd4j.ones(2)).quantize(x));
  }

  private static void refused(String why, Executable action) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, action).getMessage());
    assertTrue(message.contains(why), message);
  }

  @Test
  void eachRowIsQuantizedUnderItsOwnGlobalAmax() {
    for (ScaleRule rule : List.of(ScaleRule.FLOOR, ScaleRule.FLUSH, ScaleRule.RECIPROCAL)) {
      QuantDescriptor descriptor =
          b(2, 1).blockSizes(BlockSize.axis(-1, 4)).scaleBits(4, 3).scaleRule(rule).build();
      float[] amax = {1, 2, 0.5f};
      for (INDArray given :
          new INDArray[] {Nd4j.createFromArray(amax), Nd4j.createFromArray(amax).reshape(3, 1)}) {
        Quantizer perRow = Quantizer.of(descriptor).withAmax(given);
        for (QuantKernels kernels : KERNELS) {
          INDArray y = perRow.withKernels(kernels).quantize(x);
          INDArray unpacked = perRow.withKernels(kernels).pack(x).unpack();
          for (int r = 0; r < 3; r++) {
            INDArray expected =
                Quantizer.of(descriptor).withAmax(Nd4j.scalar(amax[r])).quantize(row(x, r));
            same(expected, row(y, r));
            same(expected, row(unpacked, r));
          }
        }
      }
      for (INDArray given :
          new INDArray[] {Nd4j.ones(2), Nd4j.ones(1, 3), Nd4j.ones(3, 2), Nd4j.ones(3, 1, 1)}) {
        refused(
            "is neither one number nor one for each row",
            () -> Quantizer.of(descriptor).withAmax(given).quantize(x));
      }
      QuantDescriptor rows =
          b(2, 1).blockSizes(BlockSize.axis(0, 2)).scaleBits(4, 3).scaleRule(rule).build();
      refused(
          "is neither one number nor one for each row",
          () -> Quantizer.of(rows).withAmax(Nd4j.ones(3)).quantize(x));
      refused(
          "is neither one number nor one for each row",
          () -> Quantizer.of(rows).withAmax(Nd4j.ones(3)).quantize(Nd4j.ones(3)));
    }
  }

  /** The largest finite values; of what is infinite only its sign is kept. */
  @Test
  void someRulesLookForFiniteValuesOnly() {
    BlockSize fours = BlockSize.axis(-1, 4);
    List<QuantDescriptor> descriptors =
        List.of(
            b(8).blockSizes(fours).scaleBits(8, 0).scaleRule(ScaleRule.CEIL).build(),
            b(2, 1).blockSizes(fours).scaleBits(4, 3).scaleRule(ScaleRule.RECIPROCAL).build());
    for (QuantDescriptor descriptor : descriptors) {
      INDArray finite = Nd4j.createFromArray(new float[][] {{1, -2, 0, 0.5f, 1, 1, 3, 2}});
      INDArray with = finite.dup();
      with.putScalar(0, 2, Float.NaN);
      for (QuantKernels kernels : KERNELS) {
        Quantizer quantizer = Quantizer.of(descriptor).withKernels(kernels);
        float[] expected = Arrangement.floats(quantizer.quantize(finite));
        float[] y = Arrangement.floats(quantizer.quantize(with));
        float[] codes = Arrangement.floats(quantizer.codes(with).codes());
        float[] expectedCodes = Arrangement.floats(quantizer.codes(finite).codes());
        for (int i = 0; i < 8; i++) {
          if (i != 2) {
            assertEquals(expected[i], y[i], descriptor + " element " + i);
            assertEquals(expectedCodes[i], codes[i], descriptor + " code " + i);
          }
        }
        same(quantizer.codes(finite).scale(), quantizer.codes(with).scale());
      }
    }
    QuantDescriptor floor = b(8).blockSizes(fours).scaleBits(8, 0).build();
    INDArray bad = Nd4j.createFromArray(new float[][] {{1, Float.NaN, 0, 0, 1, 1, 1, 1}});
    float[] y = Arrangement.floats(Quantizer.of(floor).quantize(bad));
    assertTrue(Float.isNaN(y[0]) && y[4] == 1f, "the whole block, and no other");
  }

  @Test
  void aPreQuantScaleMultipliesFirst() {
    INDArray factors = Nd4j.createFromArray(.5f, 2f, 3f);
    Quantizer quantizer = Quantizer.of(b(4).axis(1).build());
    INDArray scaled = x.mul(factors.reshape(3, 1));
    for (int axis : new int[] {0, -2}) {
      Quantizer smoothed = quantizer.withPreQuantScale(factors, axis);
      same(quantizer.quantize(scaled), smoothed.quantize(x));
      same(quantizer.amax(scaled), smoothed.amax(x));
      same(quantizer.codes(scaled).codes(), smoothed.codes(x).codes());
      List<INDArray> candidates = List.of(quantizer.amax(scaled), quantizer.amax(scaled).mul(.5));
      double[][] expected = quantizer.squaredErrors(scaled, candidates);
      double[][] actual = smoothed.squaredErrors(x, candidates);
      for (int c = 0; c < 2; c++) {
        assertArrayEquals(expected[c], actual[c]);
      }
    }
    for (int axis : new int[] {-3, 2, 1}) {
      refused(
          "a pre-quant scale of 3 factors along axis " + axis + " does not fit",
          () -> quantizer.withPreQuantScale(factors, axis).quantize(x));
    }
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      refused(
          "pre-quant scale of shape [2] for int4 per axis 1 holds " + bad,
          () -> quantizer.withPreQuantScale(Nd4j.createFromArray(1f, bad), 0));
    }
  }

  @Test
  void squaredErrorsAreThoseOfEachCandidate() {
    Quantizer perRow = Quantizer.of(b(4).axis(0).build());
    List<INDArray> candidates =
        List.of(
            Nd4j.createFromArray(1f, 2f, 3f).reshape(3, 1),
            Nd4j.createFromArray(.1f, .2f, 0).reshape(3, 1));
    double[][] errors = perRow.squaredErrors(x, candidates);
    for (int c = 0; c < 2; c++) {
      INDArray y = perRow.withAmax(candidates.get(c)).quantize(x);
      for (int r = 0; r < 3; r++) {
        double sum = 0;
        for (int i = 0; i < 8; i++) {
          sum += Math.pow((double) y.getFloat(r, i) - x.getFloat(r, i), 2);
        }
        assertEquals(sum, errors[c][r], 1e-12 * sum);
      }
    }
    refused(
        "an amax of shape [3] is not one for each of the 3 groups",
        () -> perRow.squaredErrors(x, List.of(Nd4j.ones(3))));
    QuantDescriptor global = b(2, 1).blockSizes(BlockSize.axis(-1, 4)).scaleBits(4, 3).build();
    refused(
        "an amax of shape [3, 2] is not one for each of the 6 groups",
        () -> Quantizer.of(global).squaredErrors(x, List.of(Nd4j.ones(3, 2))));
    refused(
        "the tensor is empty",
        () -> perRow.squaredErrors(Nd4j.create(DataType.FLOAT, 0, 8), List.of()));
  }

  @Test
  void fixedRangesAndScalesAreChecked() {
    Quantizer affine = Quantizer.of(b(8).affine(true).build());
    INDArray one = Nd4j.scalar(1f);
    INDArray nan = Nd4j.scalar(Float.NaN);
    refused("minimum of shape [] holds NaN; it must be finite", () -> affine.withRange(nan, one));
    refused("maximum of shape [] holds NaN; it must be finite", () -> affine.withRange(one, nan));
    refused(
        "a minimum of shape [] and a maximum of shape [2]",
        () -> affine.withRange(one, Nd4j.ones(2)));
    refused(
        "a scale of shape [] and a zero point of shape [2]",
        () -> affine.withScale(one, Nd4j.ones(2)));
    refused(
        "takes an amax; a scale and zero point needs affine = true",
        () -> Quantizer.of(b(8).build()).withScale(one, one));
    refused(
        "an empty amax", () -> Quantizer.of(b(8).build()).withAmax(Nd4j.create(DataType.FLOAT, 0)));
    // clamp(round(x / scale) + zero point), and back.
    Quantizer fixed =
        Quantizer.of(b(4).affine(true).axis(0).build())
            .withScale(Nd4j.createFromArray(.5f, .25f, 2f), Nd4j.createFromArray(-3f, 0f, 5f));
    float[] scales = {.5f, .25f, 2};
    float[] zeros = {-3, 0, 5};
    INDArray y = fixed.quantize(x);
    for (int r = 0; r < 3; r++) {
      for (int i = 0; i < 8; i++) {
        double code = Math.rint(x.getFloat(r, i) / scales[r]) + zeros[r];
        double clamped = Math.max(-8, Math.min(7, code));
        assertEquals((clamped - zeros[r]) * scales[r], y.getFloat(r, i), 1e-6);
      }
    }
  }

  @Test
  void otherTypesOrdersAndShapesGiveTheSame() {
    Quantizer quantizer = Quantizer.of(b(8).axis(0).build());
    INDArray y = quantizer.quantize(x);
    for (DataType type : new DataType[] {DataType.DOUBLE, DataType.FLOAT16}) {
      INDArray typed = x.castTo(type);
      assertEquals(type, quantizer.quantize(typed).dataType());
      INDArray out = Nd4j.create(type, 3, 8);
      assertSame(out, quantizer.quantizeInto(typed, out));
      same(quantizer.quantize(typed), out);
    }
    INDArray fortran = Nd4j.create(DataType.FLOAT, new long[] {3, 8}, 'f');
    assertSame(fortran, quantizer.quantizeInto(x, fortran));
    same(y, fortran);
    // Another shape in between.
    same(quantizer.quantize(row(x, 1)), row(y, 1));
    same(y, quantizer.quantize(x));
    INDArray numbers =
        Quantizer.of(b(8).axis(0).fakeQuant(false).build()).withAmax(Nd4j.ones(3, 1)).quantize(x);
    same(quantizer.withAmax(Nd4j.ones(3, 1)).codes(x).codes(), numbers);
    INDArray affineNumbers = Quantizer.of(b(8).affine(true).fakeQuant(false).build()).quantize(x);
    same(Quantizer.of(b(8).affine(true).build()).codes(x).codes(), affineNumbers);
    INDArray none = Nd4j.create(DataType.FLOAT, 0, 8);
    assertArrayEquals(new long[] {0, 8}, quantizer.quantize(none).shape());
    refused("the tensor is empty", () -> quantizer.codes(none));
    refused("an empty tensor has no amax", () -> quantizer.amax(none));
  }

  @Test
  void aTensorOutsideOfAnArrayIsQuantizedByItsKernels() {
    Quantizer quantizer = Quantizer.of(b(8).axis(0).build());
    DenseFloats values = DenseFloats.of(x, "x");
    DenseFloats out = DenseFloats.uninitialized(3, 8);
    HostTensor tensor = new HostTensor(quantizer.kernels(), values, out);
    long[] shape = {3, 8};
    quantizer.quantize(shape, tensor);
    same(quantizer.quantize(x), out.array());
    CodeScale scale = quantizer.codes(shape, tensor);
    same(quantizer.codes(x).codes(), out.array());
    same(quantizer.codes(x).scale(), scale.scale());
    same(quantizer.amax(x), quantizer.amax(shape, tensor));
  }

  @Test
  void castingRoundsEachElement() {
    FloatCodec e4m3 = FloatCodec.E4M3;
    INDArray cast = e4m3.cast(x.mul(100), Overflow.SATURATE);
    for (int r = 0; r < 3; r++) {
      for (int i = 0; i < 8; i++) {
        assertEquals(e4m3.round(x.getFloat(r, i) * 100), cast.getFloat(r, i));
      }
    }
  }

  /** A zero point may be -0: minus the smallest code of an unsigned format. */
  @Test
  void anIntegerHasNoNegativeZero() {
    Quantizer affine = Quantizer.of(b(8).unsigned(true).affine(true).build());
    INDArray tiny = Nd4j.createFromArray(-1e-6f, -0f, 0f, 1e-6f);
    INDArray negative = Nd4j.scalar(-0f);
    for (QuantKernels kernels : KERNELS) {
      Quantizer on = affine.withKernels(kernels);
      for (Quantizer quantizer :
          List.of(
              on.withRange(Nd4j.scalar(0f), Nd4j.scalar(1f)),
              on.withScale(Nd4j.scalar(0.5f), negative))) {
        for (float code : Arrangement.floats(quantizer.codes(tiny).codes())) {
          assertEquals(0, Float.floatToRawIntBits(code), kernels.name());
        }
      }
    }
  }

  @Test
  void powersOfTwoOfZerosAndOfTinyBlocks() {
    QuantDescriptor.Builder mx = b(8).blockSizes(BlockSize.axis(-1, 2)).scaleBits(8, 0);
    INDArray blocks = Nd4j.createFromArray(new float[][] {{0, 0, 127, -2, 1e-40f, -1e-40f}});
    INDArray ceil = Quantizer.of(mx.scaleRule(ScaleRule.CEIL).build()).codes(blocks).scale();
    assertEquals(1f, ceil.getFloat(0), "zeros have no exponent");
    assertEquals(1f, ceil.getFloat(1), "127 in steps of 1");
    assertEquals(0x1p-127f, ceil.getFloat(2), "the smallest");
    Quantizer flush = Quantizer.of(mx.scaleRule(ScaleRule.FLUSH).build());
    for (QuantKernels kernels : KERNELS) {
      float[] y = Arrangement.floats(flush.withKernels(kernels).quantize(blocks));
      assertArrayEquals(new float[] {0, 0, 127, -2, 0, 0}, absolute(y), kernels.name());
    }
    assertArrayEquals(new float[] {0, 127, 1e-40f}, Arrangement.floats(flush.amax(blocks)));
  }

  /** Without the sign of zero. */
  private static float[] absolute(float[] values) {
    float[] plain = values.clone();
    for (int i = 0; i < plain.length; i++) {
      plain[i] += 0f;
    }
    return plain;
  }
}
