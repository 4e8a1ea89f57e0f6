package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Format;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.scale.PackedParts;
import dev.bitfold.tensor.DenseFloats;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Counts the bytes of packed tensors, and finds their codes in their bits. */
class PackedTensorTest {
  private static QuantDescriptor.Builder b(int... bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  /** Longer than what is unpacked at once, and no multiple of it. */
  private static INDArray tensor(long... shape) {
    int length = (int) java.util.Arrays.stream(shape).reduce(1, (x, y) -> x * y);
    return DenseFloats.array(Arrangement.values(length, 5, false), shape);
  }

  static Stream<Arguments> bytes() {
    BlockSize fives = BlockSize.axis(-1, 5);
    return Stream.of(
        // 70 * 31 = 2170 elements; each scale a float32.
        Arguments.of(b(8).build(), 2170 + 4),
        Arguments.of(b(8).axis(0).build(), 2170 + 70 * 4),
        Arguments.of(b(4).axis(1).build(), 1085 + 31 * 4),
        Arguments.of(b(3).build(), 814 + 4),
        Arguments.of(b(16).build(), 4340 + 4),
        Arguments.of(b(5, 2).build(), 2170 + 4),
        // A zero point that is a code takes a byte, another one four.
        Arguments.of(b(8).affine(true).axis(0).build(), 2170 + 70 * (4 + 1)),
        Arguments.of(b(12).affine(true).axis(0).build(), 3255 + 70 * (4 + 4)),
        // 7 blocks a row, each with a byte.
        Arguments.of(b(4).blockSizes(fives).build(), 1085 + 490 * 4),
        Arguments.of(b(4, 3).blockSizes(fives).scaleBits(8, 0).build(), 2170 + 490),
        Arguments.of(b(2, 1).blockSizes(fives).scaleBits(4, 3).build(), 1085 + 490 + 4),
        // The second scale and the mean.
        Arguments.of(b(4).blockSizes(fives).scaleBits(8).build(), 1085 + 490 + 4 + 4),
        Arguments.of(
            b(4).blockSizes(fives).scaleBits(8).scaleBlockSizes(BlockSize.axis(-1, 100)).build(),
            1085 + 490 + 5 * 4 + 4));
  }

  @ParameterizedTest
  @MethodSource("bytes")
  void aPackedTensorTakesTheBytesOfItsCodesAndScales(QuantDescriptor descriptor, long bytes) {
    INDArray x = tensor(70, 31);
    PackedTensor packed = Quantizer.of(descriptor).pack(x);
    assertEquals(bytes, packed.bytes());
    assertEquals(2170, packed.length());
    assertEquals(descriptor + " of shape [70, 31], " + bytes + " bytes", packed.toString());
    assertArrayEquals(
        Arrangement.floats(Quantizer.of(descriptor).quantize(x).add(0)),
        Arrangement.floats(packed.unpack().add(0)));
    // The factors by which users multiply codes, one for each group in order.
    float[] multipliers = packed.multipliers();
    float[] zeroPoints = packed.parts().zeroPoints();
    var groups = Quantizer.of(descriptor).groups(70, 31);
    assertEquals(groups.count(), multipliers.length);
    float[] values = Arrangement.floats(packed.unpack());
    if (descriptor.format().integers().isPresent()) {
      for (int i = 0; i < values.length; i += 7) {
        int g = groups.group(i);
        float zero = zeroPoints.length == 0 ? 0 : zeroPoints[g];
        float product = (packed.code(i) - zero) * multipliers[g];
        assertEquals(values[i], product, Math.ulp(product), "element " + i);
      }
    }
  }

  @Test
  void aFixedZeroPointBeyondTheCodesTakesFourBytes() {
    Quantizer affine = Quantizer.of(b(8).affine(true).axis(0).build());
    INDArray scale = Nd4j.createFromArray(.5f, .5f, .5f);
    INDArray x = tensor(3, 4);
    assertEquals(
        12 + 3 * 5, affine.withScale(scale, Nd4j.createFromArray(-128f, 0, 127f)).pack(x).bytes());
    assertEquals(
        12 + 3 * 8, affine.withScale(scale, Nd4j.createFromArray(-128f, 0, 128f)).pack(x).bytes());
    assertEquals(
        12 + 3 * 8, affine.withScale(scale, Nd4j.createFromArray(-129f, 0, 127f)).pack(x).bytes());
  }

  @Test
  void codesLieWithoutGapsFromTheLowestBit() {
    // Steps of 1: the codes are the values.
    INDArray x = Nd4j.createFromArray(1f, -2f, 3f, -4f, 0f);
    PackedTensor three = Quantizer.of(b(3).amax(3).build()).pack(x);
    // 001 110 011 100 000 in three bits each, the first lowest.
    int bits = 1 | 0b110 << 3 | 0b011 << 6 | 0b100 << 9;
    assertArrayEquals(new byte[] {(byte) bits, (byte) (bits >> 8)}, three.packedCodes());
    float[] codes = {1, -2, 3, -4, 0};
    for (int i = 0; i < 5; i++) {
      assertEquals(codes[i], three.code(i));
    }
    PackedTensor eight = Quantizer.of(b(8).amax(127).build()).pack(x);
    assertArrayEquals(new byte[] {1, -2, 3, -4, 0}, eight.packedCodes());
    assertEquals(-4, eight.code(3));
    PackedTensor twelve = Quantizer.of(b(12).amax(2047).build()).pack(x);
    assertArrayEquals(
        new byte[] {1, (byte) 0xe0, (byte) 0xff, 3, (byte) 0xc0, (byte) 0xff, 0, 0},
        twelve.packedCodes());
    assertEquals(-4, twelve.code(3));
    PackedTensor unsigned =
        Quantizer.of(b(8).unsigned(true).amax(255).build()).pack(Nd4j.createFromArray(200f, 3f));
    assertEquals(200, unsigned.code(0));
    for (int element : new int[] {-1, 2}) {
      assertEquals(
          "element " + element + " of 2",
          assertThrows(IndexOutOfBoundsException.class, () -> unsigned.code(element)).getMessage());
    }
  }

  @Test
  void scalesOfScalesAreToldInTheirForm() {
    INDArray x = Nd4j.createFromArray(new float[][] {{1, 2, 12, 6}});
    BlockSize pairs = BlockSize.axis(-1, 2);
    PackedTensor nvfp4 = Quantizer.of(b(2, 1).blockSizes(pairs).scaleBits(4, 3).build()).pack(x);
    // amax / (6 · 448) = 12 / 2688; the second block's scale is 448 = 0 1111 110.
    assertArrayEquals(new float[] {12 / 2688f}, nvfp4.secondScales());
    assertEquals(0b01111110, nvfp4.scaleCodes()[1]);
    assertEquals(0, nvfp4.scaleOffset());
    PackedTensor mx = Quantizer.of(b(4, 3).blockSizes(pairs).scaleBits(8, 0).build()).pack(x);
    // Largest exponents 1 and 3, less that of 448, which is 8.
    assertArrayEquals(new int[] {1 - 8 + 127, 3 - 8 + 127}, mx.scaleCodes());
    assertEquals(0, mx.secondScales().length);
    PackedTensor doubled = Quantizer.of(b(4).blockSizes(pairs).scaleBits(8).build()).pack(x);
    // The mean of 2 and 12 is 7, and both are 5 from it.
    assertEquals(7, doubled.scaleOffset());
    assertArrayEquals(new int[] {-127, 127}, doubled.scaleCodes());
    assertArrayEquals(new float[] {127 / 5f}, doubled.secondScales(), 1e-5f);
    PackedTensor plain = Quantizer.of(b(8).build()).pack(x);
    assertEquals(0, plain.scaleCodes().length);
    assertEquals(0, plain.secondScales().length);
    // Equal blocks have nothing to divide by.
    PackedTensor equal =
        Quantizer.of(b(4).blockSizes(pairs).scaleBits(8).build())
            .pack(Nd4j.createFromArray(new float[][] {{3, -2, 1, -3}}));
    assertArrayEquals(new float[] {1}, equal.secondScales());
    assertEquals(3, equal.scaleOffset());
    assertArrayEquals(new int[] {0, 0}, equal.scaleCodes());
  }

  /** Without a scale, a block is lost whole; the other one is not. */
  @Test
  void aBlockWhoseScaleIsNaNIsPackedWithIt() {
    BlockSize pairs = BlockSize.axis(-1, 2);
    Quantizer mx = Quantizer.of(b(8).blockSizes(pairs).scaleBits(8, 0).build());
    float nan = Float.NaN;
    INDArray x = Nd4j.createFromArray(new float[][] {{nan, 1, 1.5f, -1}});
    float[] y = Arrangement.floats(mx.pack(x).unpack());
    assertTrue(Float.isNaN(y[0]) && Float.isNaN(y[1]));
    assertEquals(1.5f, y[2]);
    assertEquals(-1, y[3]);
    assertEquals(255, mx.pack(x).scaleCodes()[0]);
    float infinity = Float.POSITIVE_INFINITY;
    INDArray beyond = Nd4j.createFromArray(new float[][] {{infinity, 1, 1.5f, -1}});
    assertEquals(255, mx.pack(beyond).scaleCodes()[0]);
    // With a float32 scale, a value may still be lost alone.
    Quantizer fixed = Quantizer.of(b(8).blockSizes(pairs).amax(1).build());
    String message =
        String.valueOf(
            assertThrows(IllegalArgumentException.class, () -> fixed.pack(x)).getMessage());
    assertTrue(message.contains("element 0 is NaN, which int8 cannot hold"), message);
  }

  private static void refused(String why, Executable action) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, action).getMessage());
    assertTrue(message.contains(why), message);
  }

  private static PackedTensor of(QuantDescriptor descriptor, PackedParts parts) {
    return PackedTensor.of(descriptor, Layout.UNKNOWN, new long[] {2, 4}, parts);
  }

  @Test
  void partsThatDoNotFitAreRefused() {
    byte[] codes = new byte[8];
    byte[] none = {};
    float[] one = {1};
    QuantDescriptor int8 = b(8).build();
    QuantDescriptor perRow = b(8).axis(0).build();
    assertEquals(8, of(int8, new PackedParts(codes, none, one, new float[0], 0)).length());
    refused(
        "takes 8 bytes and 0 zero points, not 7 and 0",
        () -> of(int8, new PackedParts(new byte[7], none, one, new float[0], 0)));
    refused(
        "takes 8 bytes and 0 zero points, not 8 and 1",
        () -> of(int8, new PackedParts(codes, none, one, one, 0)));
    refused(
        "takes 8 bytes and 1 zero points, not 8 and 0",
        () -> of(b(8).affine(true).build(), new PackedParts(codes, none, one, new float[0], 0)));
    refused(
        "int8 per axis 0 of 2 groups of 8 elements takes 2 scales there, not 3",
        () -> of(perRow, new PackedParts(codes, none, new float[3], new float[0], 0)));
    refused(
        "takes 0 scales there, not 2",
        () -> of(perRow, new PackedParts(codes, new byte[2], new float[2], new float[0], 0)));
    QuantDescriptor mx = b(8).blockSizes(BlockSize.axis(-1, 2)).scaleBits(8, 0).build();
    assertEquals(
        8, of(mx, new PackedParts(codes, new byte[4], new float[0], new float[0], 0)).length());
    refused(
        "takes 0 scales there, not 1",
        () -> of(mx, new PackedParts(codes, new byte[4], one, new float[0], 0)));
    refused(
        "takes 4 scales there, not 3",
        () -> of(mx, new PackedParts(codes, new byte[3], new float[0], new float[0], 0)));
    QuantDescriptor e4m3 = b(8).blockSizes(BlockSize.axis(-1, 2)).scaleBits(4, 3).build();
    assertEquals(8, of(e4m3, new PackedParts(codes, new byte[4], one, new float[0], 0)).length());
    assertEquals(
        8, of(e4m3, new PackedParts(codes, new byte[4], new float[2], new float[0], 0)).length());
    refused(
        "takes 2 scales there, not 3",
        () -> of(e4m3, new PackedParts(codes, new byte[4], new float[3], new float[0], 0)));
    QuantDescriptor doubled =
        b(8).blockSizes(BlockSize.axis(-1, 2))
            .scaleBits(8)
            .scaleBlockSizes(BlockSize.axis(-1, 3))
            .build();
    assertEquals(
        8,
        of(doubled, new PackedParts(codes, new byte[4], new float[2], new float[0], 0)).length());
    refused(
        "takes 2 scales there, not 1",
        () -> of(doubled, new PackedParts(codes, new byte[4], one, new float[0], 0)));
  }

  @Test
  void whatIsGivenOutIsACopy() {
    PackedTensor packed = Quantizer.of(b(8).build()).pack(tensor(2, 3));
    byte[] codes = packed.packedCodes();
    packed.packedCodes()[0] ^= 1;
    packed.shape()[0] = 9;
    packed.scaleShape();
    packed.parts().scales()[0] = 9;
    packed.multipliers()[0] = 9;
    assertArrayEquals(codes, packed.packedCodes());
    assertArrayEquals(new long[] {2, 3}, packed.shape());
    assertFalse(packed.parts().scales()[0] == 9);
    assertEquals(QuantDescriptor.bits(8), packed.descriptor());
    assertEquals(Layout.UNKNOWN, packed.layout());
    assertArrayEquals(
        new long[] {1, 2},
        Quantizer.of(
                QuantDescriptor.builder()
                    .format(Format.NF4)
                    .blockSizes(BlockSize.axis(0, 2), BlockSize.axis(1, 2))
                    .build())
            .pack(tensor(2, 3))
            .scaleShape());
  }
}
