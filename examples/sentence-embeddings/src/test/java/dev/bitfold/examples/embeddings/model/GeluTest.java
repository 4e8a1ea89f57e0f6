package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.commons.math3.special.Erf;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GeluTest {
  @Test
  void agreesWithTheExactFormula() {
    float[] row = new float[24_001];
    for (int i = 0; i < row.length; i++) {
      row[i] = (i - 12_000) / 1000f;
    }
    float[] x = row.clone();
    Gelu.apply(row);
    for (int i = 0; i < row.length; i++) {
      double exact = 0.5 * x[i] * (1 + Erf.erf(x[i] / Math.sqrt(2)));
      assertEquals(exact, row[i], 1e-6, "x = " + x[i]);
    }
  }

  @Test
  void keepsTheLimits() {
    float[] row = {0f, 1e30f, Float.POSITIVE_INFINITY, -1e4f, Float.NaN};
    Gelu.apply(row);
    assertEquals(0f, row[0]);
    assertEquals(1e30f, row[1]);
    assertEquals(Float.POSITIVE_INFINITY, row[2]);
    assertEquals(0, row[3], 1e-3);
    assertTrue(Float.isNaN(row[4]));
  }

  @Test
  void leavesItsInputAloneAndTakesViews() {
    INDArray x = Nd4j.linspace(DataType.FLOAT, -3.0, 0.1, 60);
    INDArray matrix = x.reshape(6, 10);
    INDArray before = matrix.dup();
    INDArray dense = Gelu.forward(matrix);
    assertEquals(before, matrix);
    assertEquals(dense.transpose(), Gelu.forward(matrix.transpose()));
  }
}
