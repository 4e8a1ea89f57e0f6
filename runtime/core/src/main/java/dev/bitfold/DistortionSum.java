package dev.bitfold;

/** The distortion of several tensors, whatever the order they come in. Safe for concurrent use. */
final class DistortionSum {
  private final ExactSum signal = new ExactSum();
  private final ExactSum noise = new ExactSum();

  synchronized void add(Distortion more) {
    signal.add(more.signal());
    noise.add(more.noise());
  }

  synchronized Distortion get() {
    return new Distortion(signal.value(), noise.value());
  }
}
