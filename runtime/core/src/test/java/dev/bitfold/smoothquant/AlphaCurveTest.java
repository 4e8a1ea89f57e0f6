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
  void aCapLeavesTheBestAlphaUpToIt() {
    AlphaCurve curve = new AlphaCurve(ALPHAS, List.of(0.3, 0.2, 0.1));

    assertEquals(Alpha.of(0.6), curve.chosen());
    assertEquals(Alpha.of(0.6), curve.upTo(Alpha.of(0.6)).chosen());
    assertEquals(Alpha.of(0.4), curve.upTo(Alpha.of(0.5)).chosen());
    assertEquals(Alpha.of(0.6), curve.upTo(Alpha.of(0.5)).best(), "its own error knows no cap");
    assertEquals(Alpha.off(), curve.upTo(Alpha.off()).chosen());
    assertEquals(
        Alpha.of(0.7),
        new AlphaCurve(List.of(Alpha.of(0.7)), List.of(0.0)).upTo(Alpha.of(0.5)).chosen(),
        "an alpha that the user fixed");
    assertThrows(
        IllegalArgumentException.class,
        () -> new AlphaCurve(ALPHAS, List.of(0.3, 0.2, 0.1), Alpha.of(0.5)));
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
