package dev.bitfold.cuda.kernel;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * What a scan over candidates costs on the host and on the card, in nanoseconds.
 *
 * @param host for an element and a candidate, on the host
 * @param card the same on the card
 * @param trip for an element, to the card
 * @param call for a call that goes to the card, whatever its size
 */
record ScanCosts(double host, double card, double trip, double call) {
  /** Where the card cannot be used. */
  static final ScanCosts NO_CARD = new ScanCosts(0, 0, 0, 0);

  /** 4 MiB: much longer on its way than a call takes. */
  private static final int ELEMENTS = 1 << 20;

  private static final int FEW = 1 << 10;
  private static final int CANDIDATES = 5;

  /** The shortest of so many counts: whatever else the machine does only makes them longer. */
  private static final int ROUNDS = 3;

  /** Measures int8 of a whole tensor, some tens of milliseconds long. */
  static ScanCosts measure(QuantKernels host, QuantKernels card, LongSupplier nanoTime) {
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      // Anything between -1 and 1 that is no constant.
      values[i] = i % 255 / 127f - 1;
    }
    FloatBuffer x = FloatBuffer.wrap(values);
    double atHost = shortest(host, x, ELEMENTS, CANDIDATES, nanoTime);
    double one = shortest(card, x, ELEMENTS, 1, nanoTime);
    double several = shortest(card, x, ELEMENTS, CANDIDATES, nanoTime);
    double call = shortest(card, x, FEW, 1, nanoTime);
    double each = Math.max(0, several - one) / (CANDIDATES - 1);
    return new ScanCosts(
        atHost / CANDIDATES / ELEMENTS,
        each / ELEMENTS,
        Math.max(0, one - each - call) / ELEMENTS,
        call);
  }

  private static double shortest(
      QuantKernels kernels, FloatBuffer x, int elements, int candidates, LongSupplier nanoTime) {
    Scales[] scales = new Scales[candidates];
    for (int c = 0; c < candidates; c++) {
      float[] scale = {127f / (c + 1)};
      scales[c] = new Scales(scale, false, scale, true);
    }
    Grid grid = new Grid.Integers(-128, 127, Rounding.HALF_EVEN);
    double[][] errors = new double[candidates][1];
    long shortest = Long.MAX_VALUE;
    // The first is not counted: code is compiled, memory is taken.
    for (int round = -1; round < ROUNDS; round++) {
      long start = nanoTime.getAsLong();
      kernels.squaredErrors(Source.of(x), Groups.perTensor(elements), grid, scales, errors);
      long took = nanoTime.getAsLong() - start;
      shortest = round < 0 ? shortest : Math.min(shortest, took);
    }
    return shortest;
  }

  /** Whether a scan is shorter on the card. */
  boolean pays(long elements, int candidates) {
    return call + elements * (trip + card * candidates) < elements * host * candidates;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.3f ns for an element and a candidate on the host, %.3f on the card, %.3f for an element"
            + " on its way, %.0f for a call",
        host,
        card,
        trip,
        call);
  }
}
