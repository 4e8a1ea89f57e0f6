package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.annotations.Format;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NumberFormatTest {
  private static final QuantDescriptor INT4 = QuantDescriptor.bits(4);
  private static final QuantDescriptor E4M3 = QuantDescriptor.builder().bits(4, 3).build();
  private static final QuantDescriptor NF4 = QuantDescriptor.builder().format(Format.NF4).build();

  private static String kind(QuantDescriptor descriptor) {
    return descriptor
        .format()
        .match(integers -> "integers", floats -> "floats", nf4 -> "table of " + nf4.label());
  }

  @Test
  void eachFormatAnswersForItself() {
    assertEquals("integers", kind(INT4));
    assertEquals("floats", kind(E4M3));
    assertEquals("table of NF4", kind(NF4));
    assertEquals(Optional.of(new IntFormat(4, false, false)), INT4.format().integers());
    assertEquals(Optional.empty(), E4M3.format().integers());
    assertEquals(Optional.empty(), NF4.format().integers());
  }

  @Test
  void theLargestNumberIsWhatAnAmaxBecomes() {
    assertEquals(7, INT4.format().largest());
    assertEquals(7, new IntFormat(4, false, true).largest());
    assertEquals(15, new IntFormat(4, true, false).largest());
    assertEquals(448, E4M3.format().largest());
    assertEquals(57344, new FloatFormat(5, 2).largest());
    assertEquals(6, new FloatFormat(2, 1).largest());
    assertEquals(1, NF4.format().largest());
  }

  @Test
  void integersHoldWhatLiesBetweenTheirBounds() {
    IntFormat signed = new IntFormat(8, false, false);
    assertTrue(signed.holds(-128) && signed.holds(127));
    assertFalse(signed.holds(-129) || signed.holds(128) || signed.holds(Float.NaN));
    assertFalse(new IntFormat(8, false, true).holds(-128), "narrow");
    assertFalse(new IntFormat(8, true, false).holds(-1), "unsigned");
  }
}
