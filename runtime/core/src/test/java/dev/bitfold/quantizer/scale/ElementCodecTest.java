package dev.bitfold.quantizer.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.NumberFormat.Nf4Format;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElementCodecTest {
  private static final List<NumberFormat> FORMATS =
      List.of(
          new IntFormat(8, false, false),
          new IntFormat(4, false, true),
          new IntFormat(1, true, false),
          new IntFormat(16, false, false),
          new FloatFormat(4, 3),
          new FloatFormat(5, 2),
          new FloatFormat(2, 1),
          new Nf4Format());

  @Test
  void everyNumberComesBackFromItsCode() {
    for (NumberFormat format : FORMATS) {
      ElementCodec codec = ElementCodec.of(format);
      int codes = 1 << format.bits();
      for (int i = 0; i < codes; i++) {
        int code = codec.signed() && i >= codes / 2 ? i - codes : i;
        float number = codec.decode(code);
        if (Float.isFinite(number)) {
          assertEquals(code, codec.encode(number), format.label() + " " + number);
        }
      }
    }
  }

  @Test
  void theLargestNumberOfAFormatIsThatOfItsCodes() {
    for (NumberFormat format : FORMATS) {
      ElementCodec codec = ElementCodec.of(format);
      int codes = 1 << (codec.signed() ? format.bits() - 1 : format.bits());
      float largest = 0;
      for (int code = 0; code < codes; code++) {
        float number = codec.decode(code);
        largest = Float.isFinite(number) ? Math.max(largest, number) : largest;
      }
      assertEquals(largest, format.largest(), format.label());
    }
  }

  @Test
  void integersAreTheirOwnCodes() {
    ElementCodec signed = ElementCodec.of(new IntFormat(4, false, false));
    ElementCodec unsigned = ElementCodec.of(new IntFormat(4, true, false));

    assertTrue(signed.signed());
    assertFalse(unsigned.signed());
    assertEquals(-8, signed.encode(-8));
    assertEquals(15, unsigned.encode(15));
  }

  @Test
  void onlyFloatsWithACodeForNaNHoldNaN() {
    for (NumberFormat format : FORMATS) {
      boolean holds = List.of("E4M3", "E5M2").contains(format.label());
      ElementCodec codec = ElementCodec.of(format);
      assertEquals(holds, codec.hasNaN(), format.label());
      if (holds) {
        assertTrue(Float.isNaN(codec.decode(codec.encode(Float.NaN))), format.label());
      }
    }
  }

  @Test
  void theTableOfNf4RunsFromMinusOneToOneWithZeroAtSeven() {
    ElementCodec codec = ElementCodec.of(new Nf4Format());

    assertEquals(List.of(-1f, 0f, 1f), List.of(codec.decode(0), codec.decode(7), codec.decode(15)));
    for (int code = 1; code < 16; code++) {
      assertTrue(codec.decode(code - 1) < codec.decode(code), "ascending at " + code);
    }
  }
}
