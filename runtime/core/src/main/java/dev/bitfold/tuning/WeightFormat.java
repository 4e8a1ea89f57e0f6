package dev.bitfold.tuning;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Optional;

/**
 * Holds one format that a weight may have.
 *
 * @param quantizer with its scale; empty for float
 * @param own the squared relative error of the weight itself
 */
record WeightFormat(Optional<Quantizer> quantizer, long bytes, double own) {
  /** The format that a weight is measured in: few bits, so that its error is no rounding error. */
  private static final int MEASURED_BITS = 4;

  Optional<QuantDescriptor> descriptor() {
    return quantizer.map(Quantizer::descriptor);
  }

  /**
   * Returns the format with the number of bits nearest to those for measuring, of those that lose
   * something.
   */
  static WeightFormat measured(List<WeightFormat> some) {
    WeightFormat nearest = some.get(0);
    for (WeightFormat format : some) {
      if (format.distance() < nearest.distance()) {
        nearest = format;
      }
    }
    return nearest;
  }

  private int distance() {
    return descriptor()
        .filter(descriptor -> own != 0)
        .map(descriptor -> Math.abs(descriptor.format().bits() - MEASURED_BITS))
        .orElse(Integer.MAX_VALUE);
  }
}
