package dev.bitfold.examples.digits;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The mean cross entropy of a softmax.
 *
 * @param value in nats
 * @param gradient of the logits, of their shape
 */
record CrossEntropy(double value, INDArray gradient) {
  static CrossEntropy of(INDArray logits, int[] labels) {
    float[][] rows = logits.toFloatMatrix();
    double sum = 0;
    for (int n = 0; n < rows.length; n++) {
      float[] row = rows[n];
      double largest = Double.NEGATIVE_INFINITY;
      for (float logit : row) {
        largest = Math.max(largest, logit);
      }
      double total = 0;
      for (float logit : row) {
        total += Math.exp(logit - largest);
      }
      sum += Math.log(total) + largest - row[labels[n]];
      for (int c = 0; c < row.length; c++) {
        double share = Math.exp(row[c] - largest) / total;
        row[c] = (float) ((share - (c == labels[n] ? 1 : 0)) / rows.length);
      }
    }
    return new CrossEntropy(sum / rows.length, Nd4j.create(rows));
  }
}
