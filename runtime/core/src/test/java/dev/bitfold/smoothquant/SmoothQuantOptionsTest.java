package dev.bitfold.smoothquant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

/** Checks what options try, and what scales and caps print. */
class SmoothQuantOptionsTest {
  /** Off, and 0 to 1 in steps of a twentieth. */
  private static List<Alpha> sweep() {
    List<Alpha> all = new ArrayList<>(List.of(Alpha.off()));
    for (int i = 0; i <= 20; i++) {
      all.add(Alpha.of(i / 20.0));
    }
    return all;
  }

  @Test
  void onlyAnnotatedOptionsKeepTheAlphaOfTheAnnotation() {
    Alpha half = Alpha.of(0.5);
    assertEquals(List.of(half), SmoothQuantOptions.annotated().candidates(half));
    assertEquals(sweep(), SmoothQuantOptions.annotated().candidates(Alpha.searched()));
    assertEquals(sweep(), SmoothQuantOptions.searchAlpha().candidates(half));
    assertEquals(sweep(), SmoothQuantOptions.sweepAlpha().candidates(half));
    assertEquals(List.of(Alpha.of(0.7)), SmoothQuantOptions.alpha(0.7).candidates(half));
    assertEquals(
        List.of(Alpha.off(), Alpha.of(0.2), Alpha.of(0.9)),
        SmoothQuantOptions.sweepAlpha(0.9, 0.2).candidates(half));
    assertEquals(
        "no alphas to try: name some, or leave them out to try 0 to 1",
        assertThrows(
                IllegalArgumentException.class, () -> SmoothQuantOptions.sweepAlpha(new double[0]))
            .getMessage());
  }

  @Test
  void aSweepUsesAllDataAndEverySearchHasACap() {
    assertTrue(SmoothQuantOptions.annotated().isSampled());
    assertTrue(SmoothQuantOptions.searchAlpha().isSampled());
    assertFalse(SmoothQuantOptions.sweepAlpha().isSampled());
    assertFalse(SmoothQuantOptions.alpha(0.5).isSampled());
    SmoothQuantOptions search = SmoothQuantOptions.searchAlpha();
    assertTrue(search.isCapped());
    assertFalse(search.withoutCap().isCapped());
    assertTrue(search.withoutCap().isSampled());
    assertEquals(sweep(), search.withoutCap().candidates(Alpha.of(0.5)));
  }

  @Test
  void aCapPrintsWhatWasTried() {
    AlphaCap cap =
        new AlphaCap(List.of(Alpha.of(1), Alpha.off(), Alpha.of(0.9)), List.of(0.1, 0.25, 0.0625));
    assertEquals(
        "up to 0.90 (the model's relative error with alphas up to 1.00: 0.100, off: 0.250, 0.90:"
            + " 0.0625)",
        cap.toString());
    assertEquals(
        "off (the model's relative error with alphas up to 1.00: 0.200, off: 0.100)",
        new AlphaCap(List.of(Alpha.of(1), Alpha.off()), List.of(0.2, 0.1)).toString());
  }

  @Test
  void scalesAreEqualByTheirFactors() {
    SmoothScales scales = SmoothScales.ofPreQuantScale(4, 0.5f, 2);
    assertEquals(scales, SmoothScales.ofPreQuantScale(4, 0.5f, 2));
    assertEquals(scales.hashCode(), SmoothScales.ofPreQuantScale(4, 0.5f, 2).hashCode());
    assertNotEquals(scales, SmoothScales.ofPreQuantScale(4, 0.5f, 1));
    assertNotEquals(scales.hashCode(), SmoothScales.ofPreQuantScale(4, 0.5f, 1).hashCode());
    assertFalse(scales.equals((Object) "scales"));
    assertEquals("3 scales, 0.5 to 4.0", scales.toString());
    assertEquals("no scales", SmoothScales.ofPreQuantScale().toString());
    assertArrayEquals(
        new float[] {4, 1, 6}, scales.smoothAmax(Nd4j.createFromArray(1f, 2f, 3f)).toFloatVector());
    assertEquals(
        "an amax has 2 channels, the scales have 3",
        assertThrows(
                IllegalArgumentException.class,
                () -> scales.smoothAmax(Nd4j.createFromArray(1f, 2f)))
            .getMessage());
  }
}
