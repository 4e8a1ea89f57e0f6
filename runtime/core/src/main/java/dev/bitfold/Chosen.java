package dev.bitfold;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.reconstruction.Reconstructions;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.Smoothed;
import dev.bitfold.smoothquant.SmoothedLayers;
import dev.bitfold.tuning.Allocation;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Holds what was chosen after the pass over the data. Immutable.
 *
 * @param allocation the formats under a budget; empty if there was none
 */
record Chosen(
    SmoothedLayers smoothed, Reconstructions reconstructions, Optional<Allocation> allocation) {
  /** Returns that nothing was chosen yet. */
  static Chosen nothing(Map<String, Alpha> smooth) {
    return new Chosen(SmoothedLayers.wanted(smooth), Reconstructions.NONE, Optional.empty());
  }

  Chosen with(SmoothedLayers other) {
    return new Chosen(other, reconstructions, allocation);
  }

  Chosen with(Smoothed done, Supplier<Map<String, AlphaCurve>> wholeCurves) {
    return with(smoothed.with(done, wholeCurves));
  }

  /** Returns what was done to the model, for summaries. */
  Summary.Applied applied() {
    return Summary.Applied.of(smoothed.wanted().keySet(), smoothed.done(), reconstructions);
  }

  /** Checks that no formats were chosen. */
  void requireNoFormats(String remedy) {
    if (allocation.isPresent()) {
      throw new IllegalStateException("formats are chosen already, under a budget: " + remedy);
    }
  }

  Chosen with(Reconstructions done) {
    return new Chosen(smoothed, done, allocation);
  }

  Chosen with(Allocation other) {
    return new Chosen(smoothed, reconstructions, Optional.of(other));
  }
}
