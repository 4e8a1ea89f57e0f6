package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LayoutTest {
  @Test
  void axesAreCountedFromTheEndAndFromTheFront() {
    Layout layout = new Layout("OIHW");
    assertEquals(-4, layout.fromEnd('O'));
    assertEquals(-1, layout.fromEnd('W'));
    assertEquals(0, layout.fromEnd('C'));
    assertEquals(0, layout.axis('O', 4));
    assertEquals(2, layout.axis('H', 4));
    assertEquals(4, layout.namedAxes());
    assertTrue(layout.has('I') && !layout.has('C') && !layout.isOpen() && !layout.isUnknown());
    assertTrue(layout.fits(4) && !layout.fits(3) && !layout.fits(5));
    assertEquals("OIHW", layout.toString());
  }

  @Test
  void anOpenLayoutFitsAnyNumberOfLeadingAxes() {
    Layout layout = new Layout("...TC");
    assertEquals("…TC", layout.toString());
    assertEquals(2, layout.namedAxes());
    assertTrue(layout.isOpen() && layout.fits(2) && layout.fits(5) && !layout.fits(1));
    assertFalse(layout.has('…'));
    assertEquals(-2, layout.fromEnd('T'));
    assertEquals(3, layout.axis('T', 5));
  }

  @Test
  void anUnknownLayoutFitsEverything() {
    assertTrue(Layout.UNKNOWN.isUnknown() && Layout.UNKNOWN.fits(0) && Layout.UNKNOWN.fits(9));
    assertFalse(Layout.UNKNOWN.isOpen());
    assertEquals("unknown", Layout.UNKNOWN.toString());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          OX   | 'X' is not an axis letter; the letters are O, I, N, T, C, D, H and W
          OO   | O occurs twice
          C…   | '…' can stand only in front of other letters
          …    | '…' can stand only in front of other letters
          ……C  | '…' can stand only in front of other letters
          """)
  void otherLettersAreRefused(String letters, String end) {
    assertEquals(
        "layout \"" + letters + "\": " + end,
        assertThrows(IllegalArgumentException.class, () -> new Layout(letters)).getMessage());
  }

  @Test
  void anAxisThatIsNotThereIsRefused() {
    assertEquals(
        "layout OI has no axis C",
        assertThrows(IllegalArgumentException.class, () -> new Layout("OI").axis('C', 2))
            .getMessage());
    assertEquals(
        "a tensor of rank 3 does not fit layout OI",
        assertThrows(IllegalArgumentException.class, () -> new Layout("OI").axis('I', 3))
            .getMessage());
  }
}
