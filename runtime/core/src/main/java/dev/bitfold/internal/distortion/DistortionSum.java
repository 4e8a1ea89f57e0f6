package dev.bitfold.internal.distortion;

/**
 * Sums the distortion of several tensors, independently of their order. Safe for concurrent use.
 */
public final class DistortionSum {
  private final ExactSum signal = new ExactSum();
  private final ExactSum noise = new ExactSum();

  public synchronized void add(Distortion more) {
    signal.add(more.signal());
    noise.add(more.noise());
  }

  public synchronized Distortion get() {
    return new Distortion(signal.value(), noise.value());
  }
}
