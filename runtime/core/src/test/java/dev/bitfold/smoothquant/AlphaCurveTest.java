package dev.bitfold.smoothquant;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Alpha;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlphaCurveTest {
  private static final List<Alpha> ALPHAS = List.of(Alpha.off(), Alpha.of(0.4), Alpha.of(0.6));

  @Test
  void theBestIsTheFirstOfTheSmallestErrors() {
    assertEquals(Alpha.of(0.4), new AlphaCurve(ALPHAS, List.of(0.3, 0.1, 0.1)).best());
    assertEquals(Alpha.off(), new AlphaCurve(ALPHAS, List.of(0.1, 0.1, 0.2)).best());
  }

  @Test
  void aCurveIsOverWhatCanBeTried() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> new AlphaCurve(List.of(Alpha.off(), Alpha.searched()), List.of(0.1, 0.2)));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains("[off, searched]"), message);
    assertThrows(IllegalArgumentException.class, () -> new AlphaCurve(ALPHAS, List.of(0.1)));
  }
}
