package dev.bitfold.onnx.model.budget;

import java.util.BitSet;
import java.util.List;

/**
 * What can be quantized, and what each choice is predicted to take. Time and error are sums of a
 * term for each unit that is quantized, less what units gain together. Immutable.
 *
 * @param units that are quantized or float
 * @param floatTime the time of the float file
 * @param time what quantizing a unit alone adds
 * @param timeGains what units save that are quantized together; may be negative
 * @param error what quantizing a unit alone adds
 * @param errorGains how much smaller the error of units together is than the sum; not negative
 * @param implied layers that are quantized wherever the points before and behind them are, as ONNX
 *     Runtime's optimizer would quantize their float weights by itself, with one scale
 * @param floatBytes the bytes of the float file's weights
 */
record Problem(
    List<Unit> units,
    double floatTime,
    List<Double> time,
    List<Gain> timeGains,
    List<Double> error,
    List<Gain> errorGains,
    List<Implied> implied,
    long floatBytes) {
  /** Copies the lists. */
  Problem {
    units = List.copyOf(units);
    time = List.copyOf(time);
    timeGains = List.copyOf(timeGains);
    error = List.copyOf(error);
    errorGains = List.copyOf(errorGains);
    implied = List.copyOf(implied);
  }

  /** What is gained if all of some units are quantized. */
  record Gain(double amount, BitSet all) {
    boolean isIn(BitSet on) {
      BitSet missing = (BitSet) all.clone();
      missing.andNot(on);
      return missing.isEmpty();
    }
  }

  /** A unit that is quantized where all of some others are. */
  record Implied(BitSet all, int unit) {}

  /** Returns a choice with the units that it implies. */
  BitSet closed(BitSet on) {
    BitSet closed = (BitSet) on.clone();
    for (Implied one : implied) {
      BitSet missing = (BitSet) one.all().clone();
      missing.andNot(on);
      if (missing.isEmpty()) {
        closed.set(one.unit());
      }
    }
    return closed;
  }

  double time(BitSet on) {
    return floatTime + sum(on, time, timeGains);
  }

  double error(BitSet on) {
    return sum(on, error, errorGains);
  }

  long bytes(BitSet on) {
    return floatBytes - on.stream().mapToLong(i -> units.get(i).bytes()).sum();
  }

  private static double sum(BitSet on, List<Double> each, List<Gain> gains) {
    double sum = on.stream().mapToDouble(i -> each.get(i)).sum();
    for (Gain gain : gains) {
      sum -= gain.isIn(on) ? gain.amount() : 0;
    }
    return sum;
  }
}
