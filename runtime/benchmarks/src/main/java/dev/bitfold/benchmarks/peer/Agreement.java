package dev.bitfold.benchmarks.peer;

import java.nio.FloatBuffer;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Proves that two sides compute the same values. */
final class Agreement {
  private final String kernel;
  private final double relative;

  /**
   * Makes the proof for a kernel.
   *
   * @param relative the largest difference between two values, relative to ours; 0 for equal
   *     numbers, where -0 equals +0
   */
  Agreement(String kernel, double relative) {
    this.kernel = kernel;
    this.relative = relative;
  }

  /**
   * Runs each peer and compares its values with ours.
   *
   * @param peers the peers, which write {@code theirs}
   * @param ours our values
   */
  void prove(Map<Side, Runnable> peers, INDArray ours, INDArray theirs) {
    peers.forEach(
        (side, work) -> {
          theirs.assign(Float.NaN);
          work.run();
          compare(side, ours, theirs);
        });
  }

  private void compare(Side side, INDArray ours, INDArray theirs) {
    FloatBuffer a = Tensors.buffer(ours);
    FloatBuffer b = Tensors.buffer(theirs);
    for (int i = 0; i < a.capacity(); i++) {
      value(side, i, a.get(i), b.get(i));
    }
  }

  /** Compares one value. */
  void value(Side side, int index, double ours, double theirs) {
    if (!(Math.abs(ours - theirs) <= relative * Math.abs(ours))) {
      throw new AssertionError(
          kernel + ": " + side + " has " + theirs + " at " + index + ", ours is " + ours);
    }
  }
}
