package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class LayoutLettersTest {
  private static final int W = BlockSize.WHOLE;

  @Test
  void lettersAreFoundInTheLayout() {
    QuantDescriptor perOutput = QuantDescriptor.builder().per("O").build();
    assertArrayEquals(new int[] {1, W}, blocks(perOutput, "OI", 2));
    assertArrayEquals(new int[] {W, 1}, blocks(perOutput, "IO", 2));
    assertArrayEquals(new int[] {1, W, W, W}, blocks(perOutput, "OIHW", 4));
  }

  @Test
  void perTokenKeepsWhateverTheLayoutNamesAndLeadingAxes() {
    QuantDescriptor perToken = QuantDescriptor.builder().per("NT").dynamic(true).build();
    assertArrayEquals(new int[] {1, 1, W}, blocks(perToken, "NTC", 3));
    assertArrayEquals(new int[] {1, W, W, W}, blocks(perToken, "NCHW", 4));
    assertArrayEquals(new int[] {1, W}, blocks(perToken, "…C", 2));
    assertArrayEquals(new int[] {1, 1, 1, W}, blocks(perToken, "…C", 4));
    assertArrayEquals(new int[] {W}, blocks(perToken, "…C", 1));
  }

  @Test
  void blocksAlongALetterKeepTheOtherAxes() {
    QuantDescriptor blocked =
        QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 32)).build();
    assertArrayEquals(new int[] {32, 1}, blocks(blocked, "IO", 2));
    assertArrayEquals(new int[] {1, 32, 1, 1}, blocks(blocked, "OIHW", 4));
    assertArrayEquals(
        new long[] {8, 3, 3, 3}, Quantizer.of(blocked, new Layout("OIHW")).scaleShape(8, 70, 3, 3));
  }

  @Test
  void lettersWithoutALayoutAreRefused() {
    assertThrows(
        InvalidDescriptorException.class,
        () -> Quantizer.of(QuantDescriptor.builder().per("O").build()));
  }

  @Test
  void theResultsTypeIsKnownBeforehand() {
    QuantDescriptor codes = QuantDescriptor.builder().fakeQuant(false).build();
    assertEquals(
        DataType.FLOAT16, Quantizer.of(QuantDescriptor.bits(8)).resultType(DataType.FLOAT16));
    assertEquals(DataType.FLOAT, Quantizer.of(codes).resultType(DataType.FLOAT16));
  }

  private static int[] blocks(QuantDescriptor descriptor, String layout, int rank) {
    return Quantizer.of(descriptor, new Layout(layout)).blocks(rank);
  }
}
