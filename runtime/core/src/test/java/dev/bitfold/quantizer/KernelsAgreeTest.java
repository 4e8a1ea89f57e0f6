package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.cpu.CpuKernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import dev.bitfold.tensor.DenseFloats;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The fast kernels give the reference's bits, wherever and in whatever order the values lie. */
class KernelsAgreeTest {
  private static final QuantKernels REFERENCE = Kernels.named("reference");

  @Provide
  Arbitrary<QuantDescriptor> descriptors() {
    return Descriptors.all();
  }

  @Property(tries = 1500)
  void fastEqualsReference(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll @IntRange(min = 1, max = 4) int d0,
      @ForAll @IntRange(min = 1, max = 13) int d1,
      @ForAll @IntRange(min = 1, max = 150) int d2,
      @ForAll Arrangement arrangement,
      @ForAll boolean special,
      @ForAll boolean preScaled,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = DenseFloats.array(Arrangement.values(d0 * d1 * d2, seed, special), d0, d1, d2);
    Quantizer fast = Quantizer.of(descriptor);
    if (preScaled) {
      fast = fast.withPreScale(DenseFloats.array(Arrangement.values(d1, seed + 1, false), d1), -2);
    }
    Quantizer slow = fast.withKernels(REFERENCE);
    INDArray arranged = arrangement.of(x);
    same(x, arranged);
    same(slow.amax(x), fast.amax(arranged));
    INDArray expected = slow.quantize(x);
    same(expected, fast.quantize(arranged));
    same(x, arranged);
    Codes slowCodes = slow.codes(x);
    Codes fastCodes = fast.codes(arranged);
    same(slowCodes.codes(), fastCodes.codes());
    same(slowCodes.scale(), fastCodes.scale());
    assertEquals(slowCodes.zeroPoint().isPresent(), fastCodes.zeroPoint().isPresent());
    slowCodes.zeroPoint().ifPresent(zero -> same(zero, fastCodes.zeroPoint().orElseThrow()));
    same(expected, fast.quantizeInto(arranged, arranged));
    same(expected, arranged);
  }

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    Random random = new Random(7);
    long[][] shapes = {{700, 1031}, {3, 257, 1000}, {1, 900_001}, {1000, 30, 30}};
    for (long[] shape : shapes) {
      int length = (int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b);
      INDArray x = DenseFloats.array(Arrangement.values(length, random.nextLong(), false), shape);
      for (int[] axis : new int[][] {{}, {0}, {-1}, {1}}) {
        Quantizer one =
            Quantizer.of(QuantDescriptor.builder().axis(axis).build())
                .withKernels(new CpuKernels(new KernelThreads(1)));
        Quantizer five = one.withKernels(new CpuKernels(new KernelThreads(5)));
        same(one.amax(x), five.amax(x));
        same(one.quantize(x), five.quantize(x));
      }
    }
  }

  /** Bit for bit, NaN payloads aside. */
  private static void same(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    float[] e = Arrangement.floats(expected);
    float[] a = Arrangement.floats(actual);
    for (int i = 0; i < e.length; i++) {
      assertEquals(Float.floatToIntBits(e[i]), Float.floatToIntBits(a[i]), "element " + i);
    }
  }
}
