package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.tensor.DenseFloats;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A packed tensor is its parts. */
class PackedPartsTest {
  @Provide
  Arbitrary<QuantDescriptor> all() {
    return Descriptors.all().filter(QuantDescriptor::fakeQuant);
  }

  @Property(tries = 500)
  void unpacksToTheFakeQuantizedValuesAlsoFromItsParts(
      @ForAll("all") QuantDescriptor descriptor,
      @ForAll @LongRange(min = 0, max = 1 << 20) long seed) {
    INDArray x = DenseFloats.array(Arrangement.values(210, seed, false), 2, 3, 35);
    boolean negative = !descriptor.unsigned() || descriptor.affine();
    Quantizer quantizer = Quantizer.of(descriptor);
    x = negative ? x : Transforms.abs(x);

    PackedTensor packed = quantizer.pack(x);
    PackedTensor again =
        PackedTensor.of(descriptor, Layout.UNKNOWN, packed.shape(), packed.parts());

    // Zeros have no sign once they are integers.
    float[] expected = Arrangement.floats(quantizer.quantize(x).add(0));
    assertArrayEquals(expected, Arrangement.floats(packed.unpack().add(0)));
    assertArrayEquals(Arrangement.floats(packed.unpack()), Arrangement.floats(again.unpack()));
    assertEquals(packed.bytes(), again.bytes());
  }

  @Test
  void partsOfAnotherShapeAreRefused() {
    QuantDescriptor descriptor = QuantDescriptor.builder().bits(8).axis(0).build();
    PackedTensor packed = Quantizer.of(descriptor).pack(Nd4j.rand(4, 6));

    assertThrows(
        IllegalArgumentException.class,
        () -> PackedTensor.of(descriptor, Layout.UNKNOWN, new long[] {4, 7}, packed.parts()));
    assertThrows(
        IllegalArgumentException.class,
        () -> PackedTensor.of(descriptor, Layout.UNKNOWN, new long[] {6, 4}, packed.parts()));
  }
}
