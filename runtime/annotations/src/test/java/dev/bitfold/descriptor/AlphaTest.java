package dev.bitfold.descriptor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AlphaTest {
  @Test
  void anAlphaIsFromZeroToOne() {
    for (double value : new double[] {0, 0.05, 0.5, 1}) {
      assertEquals(OptionalDouble.of(value), Alpha.of(value).fixed());
    }
    for (double value :
        new double[] {-0.1, Math.nextUp(1), 50, Double.NaN, Double.POSITIVE_INFINITY}) {
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> Alpha.of(value));
      assertEquals(
          "alpha = " + value + ": an alpha is from 0 to 1; leave it out to have it searched",
          e.getMessage());
    }
  }

  @Test
  void searchedAndOffAreTwoThingsAndNoNumber() {
    assertNotEquals(Alpha.searched(), Alpha.off());
    assertEquals(
        List.of("searched", "off", "0.5"),
        List.of(Alpha.searched().toString(), Alpha.off().toString(), Alpha.of(0.5).toString()));
    for (Alpha alpha : Set.of(Alpha.searched(), Alpha.off())) {
      assertEquals(OptionalDouble.empty(), alpha.fixed());
    }
    assertTrue(Alpha.off().isOff());
    assertFalse(Alpha.searched().isOff());
    assertFalse(Alpha.of(0).isOff(), "0 smooths: all difficulty goes to the input");
  }

  @Test
  void aRecipeSmoothsOnlyIfItSaysSo() {
    assertEquals(Alpha.off(), Recipe.INT8.alpha());
    assertEquals(Alpha.searched(), Recipe.INT8_SMOOTH_QUANT.alpha());
    assertEquals(Alpha.searched(), Recipe.INT8.withSmoothQuant().alpha());
    assertEquals(Alpha.of(0.5), Recipe.INT8.withSmoothQuant(0.5).alpha());
    assertThrows(
        IllegalArgumentException.class, () -> Recipe.INT8.withSmoothQuant(Double.NaN), "searched?");
  }
}
