package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScaleFormatTest {
  private static final Map<List<Integer>, ScaleFormat> FORMATS =
      Map.of(
          List.of(),
          ScaleFormat.FLOAT32,
          List.of(8, 0),
          ScaleFormat.E8M0,
          List.of(4, 3),
          ScaleFormat.E4M3,
          List.of(8),
          ScaleFormat.INT8);

  @Test
  void eachFormatIsWrittenInBitsOfItsOwn() {
    assertEquals(FORMATS.size(), ScaleFormat.values().length);
    FORMATS.forEach(
        (bits, format) -> {
          assertEquals(Optional.of(format), ScaleFormat.ofBits(bits));
          assertEquals(bits, format.bits());
        });
  }

  @Test
  void otherBitsAreNoFormatAndAreRefusedAsWritten() {
    for (int[] bits : new int[][] {{0}, {4}, {16}, {0, 8}, {3, 4}, {5, 2}, {8, 0, 0}, {-8}}) {
      QuantDescriptor.Builder builder =
          QuantDescriptor.builder().blockSizes(BlockSize.axis(-1, 16)).scaleBits(bits);
      List<Integer> list = java.util.Arrays.stream(bits).boxed().toList();

      assertEquals(Optional.empty(), ScaleFormat.ofBits(list));
      assertEquals(
          List.of("scaleBits = " + list),
          builder.problems().stream().map(DescriptorProblem::message).toList());
    }
  }

  @Test
  void aDescriptorHasTheFormatThatItsBitsSayOrItsScaleBlocksImply() {
    QuantDescriptor.Builder blocks =
        QuantDescriptor.builder().bits(2, 1).blockSizes(BlockSize.axis(-1, 16));
    FORMATS.forEach(
        (bits, format) -> {
          QuantDescriptor written =
              blocks.scaleBits(bits.stream().mapToInt(Integer::intValue).toArray()).build();
          assertEquals(format, written.scaleFormat());
          assertEquals(bits, written.scaleBits());
          assertEquals(written, blocks.scaleFormat(format).build());
          assertEquals(written, QuantDescriptor.fromMap(written.toMap()));
        });

    QuantDescriptor implied =
        QuantDescriptor.builder()
            .blockSizes(BlockSize.axis(-1, 16))
            .scaleBlockSizes(BlockSize.axis(-1, 256))
            .build();
    assertEquals(ScaleFormat.INT8, implied.scaleFormat());
    assertEquals(List.of(8), implied.scaleBits());
    assertFalse(implied.toMap().containsKey("scaleBits"), "as it was written");
  }

  @Test
  void wordsNameTheFormatOfQuantizedScalesOnly() {
    QuantDescriptor.Builder blocks =
        QuantDescriptor.builder().bits(2, 1).blockSizes(BlockSize.along("I", 16));
    assertEquals("E2M1 16 along I", blocks.build().toString());
    assertEquals("E2M1 16 along I, E8M0 scales", blocks.scaleBits(8, 0).build().toString());
    assertEquals("E2M1 16 along I, E4M3 scales", blocks.scaleBits(4, 3).build().toString());
    assertEquals("E2M1 16 along I, int8 scales", blocks.scaleBits(8).build().toString());
  }
}
