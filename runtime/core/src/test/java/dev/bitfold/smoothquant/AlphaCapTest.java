package dev.bitfold.smoothquant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.descriptor.Alpha;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlphaCapTest {
  private static final List<Alpha> CAPS =
      List.of(Alpha.of(1), Alpha.off(), Alpha.of(0.9), Alpha.of(0.8));

  private static Alpha chosen(Double... errors) {
    return new AlphaCap(CAPS, List.of(errors)).chosen();
  }

  @Test
  void theSmallestCapWithinTheToleranceIsChosen() {
    assertEquals(Alpha.of(0.8), chosen(0.100, 0.9, 0.101, 0.105));
    assertEquals(Alpha.of(0.9), chosen(0.100, 0.9, 0.101, 0.106));
    assertEquals(Alpha.of(1), chosen(0.100, 0.9, 0.106, 0.2));
    assertEquals(Alpha.of(0.8), chosen(0.100, 0.9, 0.08, 0.07));
  }

  @Test
  void offIsChosenOnlyIfItsErrorIsTheSmallest() {
    assertEquals(Alpha.off(), chosen(0.100, 0.099, 0.101, 0.102));
    assertEquals(Alpha.of(0.8), chosen(0.100, 0.1001, 0.101, 0.102));
  }

  @Test
  void capsAndErrorsBelongTogether() {
    assertThrows(IllegalArgumentException.class, () -> new AlphaCap(CAPS, List.of(0.1)));
    assertThrows(IllegalArgumentException.class, () -> new AlphaCap(List.of(), List.of()));
    assertThrows(
        IllegalArgumentException.class,
        () -> new AlphaCap(List.of(Alpha.searched()), List.of(0.1)));
  }
}
