package dev.bitfold.examples.digits;

import org.nd4j.linalg.schedule.ISchedule;

/**
 * A learning rate that falls to zero along half a cosine (Loshchilov and Hutter, 2017, without
 * restarts): {@code start / 2 · (1 + cos(π · step / steps))}. ND4J's {@code PolySchedule}
 * multiplies by {@code (1 + step / steps)^power} and so rises.
 *
 * @param start of the first step
 * @param steps after which it is zero
 */
record CosineDecay(double start, int steps) implements ISchedule {
  @Override
  public double valueAt(int step, int epoch) {
    return start / 2 * (1 + Math.cos(Math.PI * Math.min(step, steps) / steps));
  }

  /** Itself: it does not change. */
  @Override
  public ISchedule clone() {
    return this;
  }
}
