package dev.bitfold.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Times several pieces of work in turn, round after round, so that other load on the machine
 * affects all of them equally.
 */
public final class InterleavedRounds {
  private static final long WARM_UP_NANOS = 100_000_000L;
  private static final int MIN_WARM_UPS = 3;
  private static final int MAX_WARM_UPS = 40;
  private static final double STEADY = 0.95;

  private static final int MIN_ROUNDS = 3;
  private static final double NANOS = 1e9;

  private final int rounds;
  private final int calls;
  private final double limit;
  private final LongSupplier clock;

  /**
   * Makes rounds without a time limit.
   *
   * @param rounds how often each piece is timed
   * @param calls the number of consecutive calls that are timed as one, for work that takes
   *     microseconds
   */
  public InterleavedRounds(int rounds, int calls) {
    this(rounds, calls, Double.POSITIVE_INFINITY);
  }

  /**
   * Makes rounds with a time limit.
   *
   * @param rounds how often each piece is timed, at most
   * @param calls the number of consecutive calls that are timed as one, for work that takes
   *     microseconds
   * @param seconds the limit for all pieces: no warm-up begins after half of this time, and after
   *     three rounds, no round begins when the time is over
   */
  public InterleavedRounds(int rounds, int calls, double seconds) {
    this(rounds, calls, seconds, System::nanoTime);
  }

  /**
   * Makes rounds with another clock.
   *
   * @param clock returns nanoseconds; the time limit always counts real time
   */
  InterleavedRounds(int rounds, int calls, double seconds, LongSupplier clock) {
    this.rounds = rounds;
    this.calls = calls;
    this.limit = seconds * NANOS;
    this.clock = clock;
  }

  /**
   * Returns the median time of one call of each piece, in nanoseconds. Each piece is warmed up
   * first.
   *
   * @param work at least one piece
   */
  public <K extends Enum<K>> Map<K, Double> medians(Map<K, Runnable> work) {
    Map<K, Runnable> inOrder = new EnumMap<>(work);
    long start = System.nanoTime();
    inOrder.values().forEach(piece -> warmUp(piece, limit / 2 / inOrder.size()));
    List<K> keys = new ArrayList<>(inOrder.keySet());
    List<Runnable> pieces = new ArrayList<>(inOrder.values());
    Map<K, Double> medians = new EnumMap<>(keys.get(0).getDeclaringClass());
    double[][] nanos = new double[keys.size()][rounds];
    int done = 0;
    while (done < rounds && (done < MIN_ROUNDS || System.nanoTime() - start < limit)) {
      for (int i = 0; i < keys.size(); i++) {
        nanos[i][done] = time(pieces.get(i));
      }
      done++;
    }
    for (int i = 0; i < keys.size(); i++) {
      Arrays.sort(nanos[i], 0, done);
      medians.put(keys.get(i), (nanos[i][(done - 1) / 2] + nanos[i][done / 2]) / 2);
    }
    return medians;
  }

  private double time(Runnable work) {
    long start = clock.getAsLong();
    for (int i = 0; i < calls; i++) {
      work.run();
    }
    return (double) (clock.getAsLong() - start) / calls;
  }

  /** Runs the work for as long as it becomes faster, until the JVM has compiled the code. */
  private static void warmUp(Runnable work, double limit) {
    long start = System.nanoTime();
    double fastest = Double.POSITIVE_INFINITY;
    int steady = 0;
    for (int i = 0; i < MAX_WARM_UPS && steady < MIN_WARM_UPS; i++) {
      if (i > 0 && System.nanoTime() - start > limit) {
        return;
      }
      double now = (double) fastestCall(work);
      steady = now > fastest * STEADY ? steady + 1 : 0;
      fastest = Math.min(fastest, now);
    }
  }

  private static long fastestCall(Runnable work) {
    long fastest = Long.MAX_VALUE;
    long start = System.nanoTime();
    long before = start;
    while (before - start < WARM_UP_NANOS) {
      work.run();
      long now = System.nanoTime();
      fastest = Math.min(fastest, now - before);
      before = now;
    }
    return fastest;
  }
}
