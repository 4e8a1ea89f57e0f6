package dev.bitfold.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Layout;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class PaddingMaskTest {
  private static final INDArray MASK = Nd4j.createFromArray(new long[][] {{1, 1, 0}, {1, 0, 0}});
  private static final INDArray X =
      Nd4j.createFromArray(new float[][][] {{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}});

  @Test
  void keepsThePositionsThatTheMaskHolds() {
    INDArray kept = PaddingMask.during(MASK, () -> PaddingMask.kept(X));
    assertEquals(Nd4j.createFromArray(new float[][][] {{{1, 2}, {3, 4}, {7, 8}}}), kept);
    // Views, too.
    INDArray view = X.permute(2, 0, 1).dup('c').permute(1, 2, 0);
    assertEquals(kept, PaddingMask.during(MASK, () -> PaddingMask.kept(view)));
  }

  @Test
  void countsOnlyWhileTheForwardPassRuns() {
    assertSame(X, PaddingMask.kept(X));
    PaddingMask.during(
        MASK,
        () -> {
          INDArray none = Nd4j.zeros(2, 3);
          assertNull(PaddingMask.during(none, () -> PaddingMask.kept(X)));
          assertEquals(3, Objects.requireNonNull(PaddingMask.kept(X)).size(1));
          return X;
        });
    assertThrows(
        IllegalStateException.class,
        () ->
            PaddingMask.during(
                MASK,
                () -> {
                  throw new IllegalStateException("forward failed");
                }));
    assertSame(X, PaddingMask.kept(X));
  }

  @Test
  void leavesTensorsOfOtherShapesWhole() {
    PaddingMask.during(
        MASK,
        () -> {
          INDArray longer = Nd4j.ones(2, 4, 2);
          INDArray flat = Nd4j.ones(2, 3);
          assertSame(longer, PaddingMask.kept(longer));
          assertSame(flat, PaddingMask.kept(flat));
          assertTrue(PaddingMask.isOf(X, new Layout("…C")));
          assertTrue(PaddingMask.isOf(X, new Layout("NTC")));
          assertTrue(PaddingMask.isOf(X, Layout.UNKNOWN));
          // The second axis holds channels, and has the length by chance.
          assertFalse(PaddingMask.isOf(X, new Layout("NCW")));
          return X;
        });
    assertFalse(PaddingMask.isOf(X, new Layout("…C")));
  }

  @Test
  void aMaskOfAnotherRankIsRefused() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> PaddingMask.during(Nd4j.ones(2, 1, 1, 3), () -> X))
            .getMessage();
    assertEquals(
        "a padding mask of shape [2, 1, 1, 3]; it is [batch, length], 0 where a position is padding",
        message);
  }

  @Test
  void aMaskOfNoTensorIsRefused() {
    INDArray turned = Nd4j.ones(3, 2);
    Supplier<INDArray> forward =
        () -> {
          PaddingMask.note(Nd4j.ones(2, 3), new Layout("…C"));
          PaddingMask.note(X, new Layout("…C"));
          return X;
        };
    assertEquals(
        "a padding mask of shape [3, 2] leaves out nothing: no layer has a tensor [3, 2, …], and one"
            + " has [2, 3, 2]; a mask is [batch, length], 0 where a position is padding",
        assertThrows(IllegalArgumentException.class, () -> PaddingMask.during(turned, forward))
            .getMessage());
    assertSame(X, PaddingMask.whereItFits(turned, forward));
    assertSame(X, PaddingMask.during(MASK, forward));
    // Outside of a calibration's first pass, no tensor is seen.
    assertSame(X, PaddingMask.during(turned, () -> X));
    // Channels lie on the second axis, which has the mask's length by chance.
    assertThrows(
        IllegalArgumentException.class,
        () ->
            PaddingMask.during(
                MASK,
                () -> {
                  PaddingMask.note(X, new Layout("NCW"));
                  return X;
                }));
  }

  @Test
  void aMaskOfZerosIsRefused() {
    INDArray none = Nd4j.zeros(2, 3);
    Supplier<INDArray> forward =
        () -> {
          PaddingMask.note(X, new Layout("…C"));
          return X;
        };
    String message =
        assertThrows(IllegalArgumentException.class, () -> PaddingMask.during(none, forward))
            .getMessage();
    assertEquals(
        "a padding mask of shape [2, 3] is 0 everywhere, so that nothing is left to calibrate with; it"
            + " is 0 where a position is padding, and another number elsewhere",
        message);
    assertSame(X, PaddingMask.whereItFits(none, forward));
  }
}
