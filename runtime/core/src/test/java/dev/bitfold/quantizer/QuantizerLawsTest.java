package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks laws that hold for all values. */
@Tag("any-jdk")
class QuantizerLawsTest {
  @Provide
  Arbitrary<QuantDescriptor> descriptors() {
    return Descriptors.withAmax();
  }

  @Provide
  Arbitrary<QuantDescriptor> all() {
    return Descriptors.all();
  }

  @Property(tries = 500)
  void withAFixedAmaxQuantizingTwiceChangesNothing(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll @FloatRange(min = .01f, max = 1e4f) float amax,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    // 13 / scale * scale may be just below 13, and is then cut off to 12.
    Assume.that(descriptor.rounding() != Rounding.TOWARD_ZERO);
    Quantizer quantizer = Quantizer.of(descriptor).withAmax(Nd4j.scalar(amax));
    INDArray once = quantizer.quantize(tensor(seed));
    same(once, quantizer.quantize(once));
  }

  @Property(tries = 500)
  void largerValuesDoNotBecomeSmaller(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll @FloatRange(min = .01f, max = 1e4f) float amax,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    float[] ascending = Arrangement.values(210, seed, false);
    Arrays.sort(ascending);
    float[] y =
        Arrangement.floats(
            Quantizer.of(descriptor)
                .withAmax(Nd4j.scalar(amax))
                .quantize(DenseFloats.array(ascending, 2, 3, 35)));
    for (int i = 1; i < y.length; i++) {
      assertTrue(y[i - 1] <= y[i], y[i - 1] + " before " + y[i]);
    }
  }

  @Property(tries = 500)
  void aPowerOfTwoPassesThrough(
      @ForAll("descriptors") QuantDescriptor descriptor,
      @ForAll @IntRange(min = -10, max = 10) int exponent,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = tensor(seed);
    float two = Math.scalb(1f, exponent);
    same(
        Quantizer.of(descriptor).quantize(x).mul(two),
        Quantizer.of(descriptor).quantize(x.mul(two)));
  }

  @Property(tries = 1000)
  void theThreeOutputsAgree(
      @ForAll("all") QuantDescriptor descriptor,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    Assume.that(!descriptor.unsigned() || descriptor.affine());
    INDArray x = tensor(seed);
    Quantizer quantizer = Quantizer.of(descriptor);
    INDArray values = quantizer.quantize(x);
    Codes codes = quantizer.codes(x);
    PackedTensor packed = quantizer.pack(x);
    assertArrayEquals(Arrangement.floats(values), Arrangement.floats(packed.unpack()));
    assertArrayEquals(
        Arrangement.floats(codes.codes()),
        Arrangement.floats(
            Quantizer.of(descriptor.toBuilder().fakeQuant(false).build()).quantize(x)));
    INDArray zeroed =
        codes
            .zeroPoint()
            .map(z -> codes.codes().sub(spread(quantizer, x, z)))
            .orElse(codes.codes());
    INDArray scale = spread(quantizer, x, codes.scale());
    INDArray back = codes.divides() ? zeroed.div(scale) : zeroed.mul(scale);
    same(values, back);
    assertEquals((x.length() * descriptor.format().bits() + 7) / 8, packed.packedCodes().length);
    assertArrayEquals(quantizer.scaleShape(x.shape()), codes.scale().shape());
  }

  /** Exactly; ND4J's own equality has a tolerance. */
  private static void same(INDArray expected, INDArray actual) {
    assertArrayEquals(Arrangement.floats(expected), Arrangement.floats(actual));
  }

  /** Each element's scale. */
  private static INDArray spread(Quantizer quantizer, INDArray x, INDArray scale) {
    if (scale.rank() == 0) {
      return Nd4j.valueArrayOf(x.shape(), scale.getFloat(0));
    }
    int[] blocks = quantizer.blocks(x.rank());
    INDArray all = Nd4j.create(x.shape());
    for (long i = 0; i < x.size(0); i++) {
      for (long j = 0; j < x.size(1); j++) {
        for (long k = 0; k < x.size(2); k++) {
          all.putScalar(i, j, k, scale.getFloat(i / blocks[0], j / blocks[1], k / blocks[2]));
        }
      }
    }
    return all;
  }

  private static INDArray tensor(long seed) {
    return DenseFloats.array(Arrangement.values(210, seed, false), 2, 3, 35);
  }
}
