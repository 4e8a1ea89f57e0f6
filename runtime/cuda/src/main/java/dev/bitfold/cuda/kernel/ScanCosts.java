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
 * Holds the time of a scan over candidates on the host and on the device, in nanoseconds.
 *
 * @param host the time on the host for each element and candidate
 * @param device the time on the device for each element and candidate
 * @param trip the time of the trip to the device for each element
 * @param call the time of a call to the device, independent of its size
 */
record ScanCosts(double host, double device, double trip, double call) {
  /** The costs if the device cannot be used. */
  static final ScanCosts NO_DEVICE = new ScanCosts(0, 0, 0, 0);

  /** 4 MiB, whose trip takes much longer than a call. */
  private static final int ELEMENTS = 1 << 20;

  private static final int FEW = 1 << 10;
  private static final int CANDIDATES = 5;

  /** The number of rounds. The shortest counts, because other load only makes a round longer. */
  private static final int ROUNDS = 3;

  /** Measures int8 of a whole tensor, in some tens of milliseconds. */
  static ScanCosts measure(QuantKernels host, QuantKernels device, LongSupplier nanoTime) {
    float[] values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      // Any values between -1 and 1 that are not all equal.
      values[i] = i % 255 / 127f - 1;
    }
    FloatBuffer x = FloatBuffer.wrap(values);
    double atHost = shortest(host, x, ELEMENTS, CANDIDATES, nanoTime);
    double one = shortest(device, x, ELEMENTS, 1, nanoTime);
    double several = shortest(device, x, ELEMENTS, CANDIDATES, nanoTime);
    double call = shortest(device, x, FEW, 1, nanoTime);
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

  /** Returns whether a scan is shorter on the device. */
  boolean pays(long elements, int candidates) {
    return call + elements * (trip + device * candidates) < elements * host * candidates;
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.3f ns for an element and a candidate on the host, %.3f on the device, %.3f for an element"
            + " on its way, %.0f for a call",
        host,
        device,
        trip,
        call);
  }
}
