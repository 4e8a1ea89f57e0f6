package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.KernelsUnderTest;
import dev.bitfold.kernel.QuantKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks the results for scales that are zero or at the limits of float32. */
class ScaleEdgesTest {
  private static final List<QuantKernels> KERNELS = KernelsUnderTest.all();
  private static final float INFINITY = Float.POSITIVE_INFINITY;

  private static QuantDescriptor.Builder builder() {
    return QuantDescriptor.builder();
  }

  private static QuantDescriptor.Builder e8m0(ScaleRule rule, int... bits) {
    return builder().bits(bits).blockSizes(BlockSize.axis(0, 2)).scaleBits(8, 0).scaleRule(rule);
  }

  private static QuantDescriptor.Builder e4m3(ScaleRule rule, int... bits) {
    return builder().bits(bits).blockSizes(BlockSize.axis(0, 2)).scaleBits(4, 3).scaleRule(rule);
  }

  @ParameterizedTest
  @ValueSource(floats = {.5f, 1e-39f, Float.MIN_VALUE, Float.MAX_VALUE})
  void nf4KeepsTheSignOfWhateverIsBeyondItsAmax(float amax) {
    Quantizer nf4 = Quantizer.of(builder().format(Format.NF4).build()).withAmax(Nd4j.scalar(amax));
    INDArray x = Nd4j.createFromArray(INFINITY, -INFINITY, Float.MAX_VALUE, -Float.MAX_VALUE);
    float[] expected = {amax, -amax, amax, -amax};
    for (QuantKernels kernels : KERNELS) {
      Quantizer on = nf4.withKernels(kernels);
      assertArrayEquals(expected, Arrangement.floats(on.quantize(x)), kernels.name());
      assertArrayEquals(expected, Arrangement.floats(on.pack(x).unpack()), kernels.name());
    }
  }

  @Test
  void nf4OfAnInfiniteTensorIsNanAndNeverOfTheWrongSign() {
    Quantizer nf4 = Quantizer.of(builder().format(Format.NF4).build());
    INDArray x = Nd4j.createFromArray(INFINITY, -1f, 0.5f);
    for (QuantKernels kernels : KERNELS) {
      float[] y = Arrangement.floats(nf4.withKernels(kernels).quantize(x));
      // The infinity has no quotient; the others are zeros of the table times infinity.
      assertArrayEquals(new float[] {Float.NaN, Float.NaN, Float.NaN}, y, kernels.name());
    }
  }

  static Stream<QuantDescriptor> zeroMakesZeros() {
    List<QuantDescriptor.Builder> all = new ArrayList<>();
    for (int[] bits : new int[][] {{8}, {4}, {2}, {16}}) {
      all.add(builder().bits(bits));
    }
    for (int[] bits : new int[][] {{8}, {3, 2}, {2, 1}, {4, 3}, {5, 2}}) {
      for (ScaleRule rule : List.of(ScaleRule.FLOOR, ScaleRule.CEIL, ScaleRule.FLUSH)) {
        all.add(e8m0(rule, bits));
      }
      for (ScaleRule rule : List.of(ScaleRule.FLOOR, ScaleRule.RECIPROCAL, ScaleRule.FLUSH)) {
        all.add(e4m3(rule, bits));
      }
    }
    all.add(builder().format(Format.NF4));
    all.add(builder().bits(4, 3).blockSizes(BlockSize.axis(0, 2)).scaleRule(ScaleRule.RECIPROCAL));
    all.add(builder().bits(4).blockSizes(BlockSize.axis(0, 2)).scaleRule(ScaleRule.RECIPROCAL));
    return all.stream().map(QuantDescriptor.Builder::build);
  }

  @ParameterizedTest
  @MethodSource("zeroMakesZeros")
  void anAmaxOfZeroMakesZerosInEveryOutput(QuantDescriptor descriptor) {
    Quantizer given = Quantizer.of(descriptor).withAmax(Nd4j.scalar(0f));
    Quantizer scaled = Quantizer.of(descriptor.toBuilder().scaleAmax(0).build());
    INDArray x = Nd4j.createFromArray(1f, -3f, 0f, .5f, 1e-38f, Float.MAX_VALUE);
    for (QuantKernels kernels : KERNELS) {
      for (Quantizer quantizer : List.of(given, scaled)) {
        Quantizer on = quantizer.withKernels(kernels);
        zeros(on.quantize(x), descriptor + " " + kernels.name());
        zeros(on.pack(x).unpack(), descriptor + " packed " + kernels.name());
      }
    }
  }

  private static void zeros(INDArray x, String what) {
    for (float value : Arrangement.floats(x)) {
      assertEquals(0f, Math.abs(value), what);
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0f, Float.MIN_VALUE, 0x1p-24f})
  void ofFloatsWithFloat32ScalesATinyAmaxCountsAsOne(float amax) {
    Quantizer e4m3 = Quantizer.of(builder().bits(4, 3).build());
    INDArray x = Nd4j.createFromArray(1f, -3f, 0f, 0x1p-9f);
    float[] expected = Arrangement.floats(e4m3.withAmax(Nd4j.scalar(1f)).quantize(x));
    assertEquals(1f, expected[0]);
    for (QuantKernels kernels : KERNELS) {
      Quantizer on = e4m3.withAmax(Nd4j.scalar(amax)).withKernels(kernels);
      assertArrayEquals(expected, Arrangement.floats(on.quantize(x)));
      assertArrayEquals(expected, Arrangement.floats(on.pack(x).unpack()));
    }
  }

  static Stream<QuantDescriptor> formats() {
    return Stream.of(
            builder().bits(8),
            builder().bits(4).blockSizes(BlockSize.axis(0, 2)).scaleRule(ScaleRule.RECIPROCAL),
            builder().bits(4, 3),
            builder().bits(4, 3).blockSizes(BlockSize.axis(0, 2)).scaleRule(ScaleRule.RECIPROCAL),
            builder().format(Format.NF4),
            builder().bits(4).blockSizes(BlockSize.axis(0, 2)).scaleBits(8),
            e8m0(ScaleRule.FLOOR, 4, 3),
            e8m0(ScaleRule.CEIL, 4, 3),
            e8m0(ScaleRule.CEIL, 8),
            e8m0(ScaleRule.FLUSH, 2, 1),
            e4m3(ScaleRule.FLOOR, 2, 1),
            e4m3(ScaleRule.FLUSH, 2, 1),
            e4m3(ScaleRule.RECIPROCAL, 2, 1))
        .map(QuantDescriptor.Builder::build);
  }

  /** Under the largest float, which the product would exceed. */
  @ParameterizedTest
  @MethodSource("formats")
  void aScaledAmaxBeyondFloat32IsTheLargestFloat(QuantDescriptor descriptor) {
    INDArray x = Nd4j.createFromArray(3e38f, -3e38f, 1e38f, -2e38f, 0f, 2e38f);
    boolean global = descriptor.scaleBits().equals(List.of(4, 3));
    Quantizer largest = Quantizer.of(descriptor);
    INDArray max = Nd4j.scalar(Float.MAX_VALUE);
    QuantDescriptor scaled = descriptor.toBuilder().scaleAmax(3.5).build();
    for (QuantKernels kernels : KERNELS) {
      float[] expected = Arrangement.floats(largest.withAmax(max).withKernels(kernels).quantize(x));
      Quantizer ofTensor = Quantizer.of(scaled).withKernels(kernels);
      Quantizer ofFixed = ofTensor.withAmax(Nd4j.scalar(global ? 3e38f : 2e38f));
      for (Quantizer quantizer : List.of(ofTensor, ofFixed)) {
        String what = scaled + " " + kernels.name();
        assertArrayEquals(expected, Arrangement.floats(quantizer.quantize(x)), what);
        assertArrayEquals(expected, Arrangement.floats(quantizer.pack(x).unpack()), what);
      }
    }
  }

  /** Of subnormal tensors the scale of scales is 0 and its reciprocal infinite. */
  @ParameterizedTest
  @ValueSource(floats = {Float.MIN_VALUE, 1e-42f, 1e-39f, Float.MIN_NORMAL, 1e-37f})
  void blocksOfZerosStayZerosHoweverSmallTheTensor(float size) {
    INDArray x = Nd4j.createFromArray(size, -size, 0f, 0f, size / 2, 0f);
    for (ScaleRule rule : List.of(ScaleRule.FLOOR, ScaleRule.FLUSH, ScaleRule.RECIPROCAL)) {
      for (int[] bits : new int[][] {{2, 1}, {4, 3}, {8}}) {
        Quantizer quantizer = Quantizer.of(e4m3(rule, bits).build());
        for (QuantKernels kernels : KERNELS) {
          float[] y = Arrangement.floats(quantizer.withKernels(kernels).quantize(x));
          assertEquals(0f, y[2], rule + " " + kernels.name());
          assertEquals(0f, y[3], rule + " " + kernels.name());
          assertEquals(Math.abs(y[0]), Math.abs(y[1]), rule + " " + kernels.name());
        }
      }
    }
  }

  @Test
  void zerosBesideTinyValuesStayZeros() {
    QuantDescriptor descriptor =
        QuantDescriptor.builder()
            .bits(8)
            .blockSizes(BlockSize.axis(-1, 3))
            .scaleBits(4, 3)
            .scaleRule(ScaleRule.RECIPROCAL)
            .build();
    INDArray x = Nd4j.createFromArray(1e-32f, 0f, -1e-33f, 3e-38f, 0f, -1e-38f);

    for (QuantKernels kernels : KERNELS) {
      INDArray y = Quantizer.of(descriptor).withKernels(kernels).quantize(x);
      for (int i = 0; i < 6; i++) {
        float expected = x.getFloat(i);
        // The factor of the second block is as large as a float can be, which is too small.
        assertEquals(expected, y.getFloat(i), i < 3 ? 4e-35f : Math.abs(expected), "at " + i);
      }
    }
  }
}
