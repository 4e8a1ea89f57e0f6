package dev.bitfold.cuda.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.cuda.check.DeviceTests;
import dev.bitfold.cuda.driver.CudaDevice;
import dev.bitfold.cuda.kernel.CudaProvider;
import dev.bitfold.cuda.standin.StandIn;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.quantizer.Codes;
import dev.bitfold.quantizer.Descriptors;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Checks that a quantizer gives the same bits for a tensor on the device as the reference gives for
 * an array.
 */
@Tag("slow")
@Tag("any-jdk")
@net.jqwik.api.Tag("any-jdk")
class QuantizedOnDeviceTest {
  @Provide
  Arbitrary<QuantDescriptor> all() {
    return Descriptors.all();
  }

  @Provide
  Arbitrary<QuantDescriptor> withAmax() {
    return Descriptors.withAmax();
  }

  @Provide
  Arbitrary<QuantDescriptor> affine() {
    return Descriptors.affine();
  }

  @Property(tries = 300)
  void scalesThatAreTakenFromTheTensor(
      @ForAll("all") QuantDescriptor descriptor,
      @ForAll @IntRange(min = 1, max = 4) int d0,
      @ForAll @IntRange(min = 1, max = 9) int d1,
      @ForAll @IntRange(min = 1, max = 130) int d2,
      @ForAll boolean special,
      @ForAll boolean smoothed,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = values(seed, special, d0, d1, d2);
    Quantizer quantizer = Quantizer.of(descriptor);
    if (smoothed) {
      quantizer = quantizer.withPreQuantScale(values(seed + 1, false, d1), 1);
    }
    agree(quantizer, x);
  }

  @Property(tries = 200)
  void fixedAmax(
      @ForAll("withAmax") QuantDescriptor descriptor,
      @ForAll @IntRange(min = 1, max = 40) int d2,
      @ForAll boolean smoothed,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = values(seed, true, 4, 6, 4L * d2);
    Quantizer quantizer = Quantizer.of(descriptor);
    quantizer = quantizer.withAmax(quantizer.amax(values(seed + 1, false, 4, 6, 4L * d2)));
    if (smoothed) {
      quantizer = quantizer.withPreQuantScale(values(seed + 2, false, 4L * d2), -1);
    }
    agree(quantizer, x);
  }

  @Property(tries = 50)
  void fixedRange(
      @ForAll("affine") QuantDescriptor descriptor,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray amax = Quantizer.of(descriptor).amax(values(seed + 1, false, 2, 3, 20));
    agree(Quantizer.of(descriptor).withRange(amax.mul(-0.5), amax), values(seed, true, 2, 3, 20));
  }

  /** Blocks that the lanes of a warp hold, that a block of threads holds, and others between. */
  @ParameterizedTest
  @ValueSource(ints = {4, 8, 12, 16, 32, 64, 128, 132, 256, 508, 512, 1000, 4096, 4100})
  void blocksOfAnyLength(int length) {
    List<QuantDescriptor.Builder> formats =
        List.of(
            QuantDescriptor.builder().bits(8),
            QuantDescriptor.builder().bits(4).narrowRange(true),
            QuantDescriptor.builder().bits(4, 3),
            QuantDescriptor.builder().format(Format.NF4),
            QuantDescriptor.builder().bits(4, 3).scaleBits(8, 0),
            QuantDescriptor.builder().bits(2, 1).scaleBits(8, 0),
            QuantDescriptor.builder().bits(2, 1).scaleBits(4, 3));
    for (QuantDescriptor.Builder format : formats) {
      QuantDescriptor descriptor =
          format.blockSizes(BlockSize.axis(-1, length)).dynamic(true).build();
      for (boolean special : new boolean[] {false, true}) {
        INDArray x = values(length, special, 3, 2L * length);
        agree(Quantizer.of(descriptor), x);
        INDArray factors = values(length + 1, false, 2L * length);
        agree(Quantizer.of(descriptor).withPreQuantScale(factors, -1), x);
      }
    }
  }

  @Test
  void whatFitsABlockOfThreadsIsReadOnce() {
    CudaDevice device = CudaProvider.device();
    for (int length : new int[] {4, 16, 32, 128, 512, 768, 4096}) {
      Quantizer quantizer =
          Quantizer.of(
              QuantDescriptor.builder()
                  .blockSizes(BlockSize.axis(-1, length))
                  .dynamic(true)
                  .build());
      try (DeviceTensor x = DeviceTensor.copyOf(device, values(1, false, 5, 4L * length))) {
        long before = device.launches();
        x.quantizeInPlace(quantizer);
        assertEquals(before + 1, device.launches());
      }
    }
  }

  @Test
  void recipesThatShip() {
    INDArray x = values(5, false, 4, 96);
    for (Recipe recipe :
        List.of(
            Recipe.INT8,
            Recipe.INT8_DYNAMIC,
            Recipe.INT4_BLOCK32,
            Recipe.FP8,
            Recipe.MX_FP8,
            Recipe.MX_FP4,
            Recipe.NV_FP4)) {
      recipe
          .descriptors()
          .forEach(
              (role, descriptor) ->
                  agree(
                      Quantizer.of(descriptor, new Layout(role == Role.WEIGHT ? "OI" : "...C")),
                      x));
    }
    QuantDescriptor codesOnly = QuantDescriptor.builder().bits(4).fakeQuant(false).build();
    agree(Quantizer.of(codesOnly), x);
  }

  @Test
  void aGlobalAmaxForEachRowIsFixed() {
    QuantDescriptor nvfp4 =
        QuantDescriptor.builder()
            .bits(2, 1)
            .scaleBits(4, 3)
            .blockSizes(BlockSize.axis(-1, 16))
            .build();
    INDArray global = DenseFloats.array(new float[] {1, 20, 3, 400}, 4, 1);
    agree(Quantizer.of(nvfp4).withAmax(global), values(8, false, 4, 64));
  }

  @Tag(DeviceTests.NEEDS_STAND_IN)
  @Test
  void whatIsRefusedIsUnchangedAndNothingIsKept() {
    long before = StandIn.controls().standin_get("allocations");
    QuantDescriptor unsigned = QuantDescriptor.builder().unsigned(true).build();
    INDArray x = DenseFloats.array(new float[] {1, -2, 3}, 3);
    try (DeviceTensor tensor = DeviceTensor.copyOf(CudaProvider.device(), x)) {
      for (Quantizer refusing :
          new Quantizer[] {
            Quantizer.of(unsigned),
            Quantizer.of(QuantDescriptor.builder().axis(1).build()),
            Quantizer.of(QuantDescriptor.builder().axis(0).build())
                .withAmax(DenseFloats.array(new float[] {1, 2}, 2))
          }) {
        String expected = refusal(() -> refusing.quantize(x));
        assertEquals(expected, refusal(() -> tensor.quantizeInPlace(refusing)));
        assertEquals(expected, refusal(() -> tensor.quantize(refusing).close()));
        assertEquals(expected, refusal(() -> tensor.codes(refusing).close()));
      }
      assertArrayEquals(new float[] {1, -2, 3}, tensor.toHost().toFloatVector());
    }
    assertTrue(StandIn.controls().standin_get("allocations") <= before + 1);
  }

  private static String refusal(Runnable call) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, call::run).getMessage());
  }

  private static void agree(Quantizer quantizer, INDArray x) {
    Quantizer reference = quantizer.withKernels(Kernels.named("reference"));
    INDArray expected = reference.quantize(x);
    Codes codes = reference.codes(x);
    try (DeviceTensor tensor = DeviceTensor.copyOf(CudaProvider.device(), x)) {
      try (DeviceTensor quantized = tensor.quantize(quantizer)) {
        same(expected, quantized.toHost());
      }
      try (DeviceCodes found = tensor.codes(quantizer)) {
        same(codes.codes(), found.codes().toHost());
        same(codes.scale(), found.scale().scale());
        assertEquals(codes.divides(), found.scale().divides());
        assertEquals(codes.zeroPoint().isPresent(), found.scale().zeroPoint().isPresent());
        codes.zeroPoint().ifPresent(zero -> same(zero, found.scale().zeroPoint().orElseThrow()));
      }
      same(reference.amax(x), tensor.amax(quantizer));
      same(x, tensor.toHost());
      tensor.quantizeInPlace(quantizer);
      same(expected, tensor.toHost());
    }
  }

  private static void same(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    float[] a = DenseFloats.of(expected, "expected").copy();
    float[] b = DenseFloats.of(actual, "actual").copy();
    for (int i = 0; i < a.length; i++) {
      assertEquals(Float.floatToIntBits(a[i]), Float.floatToIntBits(b[i]), "at " + i);
    }
  }

  private static INDArray values(long seed, boolean special, long... shape) {
    int length = 1;
    for (long size : shape) {
      length *= (int) size;
    }
    Random random = new Random(seed);
    float[] values = new float[length];
    float[] odd = {0f, -0f, Float.NaN, Float.MIN_VALUE, 1e30f, -1e30f, 0x1p-24f, 127.5f};
    for (int i = 0; i < length; i++) {
      boolean chosen = special && random.nextInt(50) == 0;
      values[i] = chosen ? odd[random.nextInt(odd.length)] : (float) (random.nextGaussian() * 3);
    }
    return DenseFloats.array(values, shape);
  }
}
