package dev.bitfold.examples.embeddings.evaluation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SpearmanTest {
  @Test
  void equalValuesShareTheirAverageRank() {
    assertArrayEquals(
        new double[] {1, 4.5, 2.5, 2.5, 4.5, 6},
        Spearman.ranks(new double[] {-1, 7, 3, 3, 7, 100}));
    assertArrayEquals(new double[] {2, 2, 2}, Spearman.ranks(new double[] {5, 5, 5}));
  }

  @Test
  void withoutTiesItIsTheTextbookFormula() {
    // Rank differences 0, 1, -1, 1, -1: 1 - 6 · 4 / (5 · 24) = 0.8.
    double[] x = {10, 20, 30, 40, 50};
    double[] y = {1, 3, 2, 5, 4};
    assertEquals(0.8, Spearman.correlation(x, y), 1e-15);
  }

  @Test
  void withTiesItIsPearsonOfTheRanks() {
    // Ranks 1, 2.5, 2.5, 4 and 1, 3, 2, 4: covariance 4.5, variances 4.5 and 5.
    double[] x = {0, 1, 1, 2};
    double[] y = {5, 7, 6, 9};
    assertEquals(4.5 / Math.sqrt(4.5 * 5), Spearman.correlation(x, y), 1e-15);
  }

  @Test
  void seesOnlyTheOrder() {
    double[] x = {0.1, 0.5, 0.2, 0.9};
    double[] y = {Math.exp(0.1), Math.exp(0.5), Math.exp(0.2), Math.exp(0.9)};
    assertEquals(1, Spearman.correlation(x, y), 1e-15);
    assertEquals(-1, Spearman.correlation(x, new double[] {4, 2, 3, 1}), 1e-15);
  }

  @Test
  void hasNoValueWhereAllAreEqual() {
    assertTrue(Double.isNaN(Spearman.correlation(new double[] {1, 1}, new double[] {1, 2})));
  }

  @Test
  void refusesListsOfDifferentLengths() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Spearman.correlation(new double[] {1}, new double[] {1, 2}));
  }
}
