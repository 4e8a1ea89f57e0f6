package dev.bitfold.onnx.model.budget;

import dev.bitfold.onnx.model.budget.Problem.Gain;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what is quantized, by branch and bound. Without limits, the best choice is a smallest cut
 * of a graph (units are projects with a cost, which gains need: Picard 1976); a limit's excess is
 * priced, and the price at which the bound is highest prunes. For one thread.
 */
final class Solver {
  /** The search ends with the best so far after so many nodes, times units and gains of each. */
  private static final long MOST_WORK = 400_000;

  private static final int PRICES = 24;
  private static final int PRICES_BELOW = 5;
  private static final double EQUAL = 1e-9;
  private static final double ALWAYS = 1e12;

  private final Problem problem;
  private final double errorUnit;

  private Limits limits = new Limits(0, 0, 0, true);
  private int nodes;
  private @Nullable BitSet best;
  private double least;

  /** What a choice may take, relative to units in which all are about 1, and what is minimized. */
  private record Limits(double time, double error, double bytes, boolean fastest) {}

  Solver(Problem problem) {
    this.problem = problem;
    double most = 0;
    for (double error : problem.error()) {
      most = Math.max(most, error);
    }
    this.errorUnit = most > 0 ? most : 1;
  }

  /**
   * Returns the choice with the smallest error.
   *
   * @param time the most that it may take
   * @param bytes the most that it may have
   * @return empty if nothing takes so little
   */
  Optional<BitSet> leastError(double time, double bytes) {
    return solve(new Limits(time, Double.POSITIVE_INFINITY, bytes, false));
  }

  /**
   * Returns the choice that takes the least time.
   *
   * @param error the most that it may add
   * @param bytes the most that it may have
   * @return empty if nothing is so good
   */
  Optional<BitSet> leastTime(double error, double bytes) {
    return solve(new Limits(Double.POSITIVE_INFINITY, error, bytes, true));
  }

  private Optional<BitSet> solve(Limits asked) {
    limits = asked;
    nodes = 0;
    best = null;
    least = Double.POSITIVE_INFINITY;
    branch(new BitSet(), new BitSet(), new Prices(0, 0), PRICES);
    return Optional.ofNullable(best);
  }

  /** What an excess of the priced limits costs, in units of what is minimized. */
  private record Prices(double limit, double bytes) {}

  /** A choice, and a bound that no choice with the same units fixed is below. */
  private record Relaxed(BitSet on, double bound) {}

  private void branch(BitSet on, BitSet off, Prices start, int tries) {
    nodes++;
    Prices prices = start;
    Relaxed highest = relaxed(on, off, prices);
    BitSet seen = highest.on();
    // The bound is concave in each price: raise it where the limit is exceeded.
    double step = 1;
    for (int i = 0; i < tries && highest.bound() < least - slack(); i++) {
      double over = limitExcess(seen);
      double heavy = bytesExcess(seen);
      if (over <= 0 && heavy <= 0 && prices.limit() == 0 && prices.bytes() == 0) {
        break;
      }
      Prices next =
          new Prices(moved(prices.limit(), over, step), moved(prices.bytes(), heavy, step));
      Relaxed relaxed = relaxed(on, off, next);
      seen = relaxed.on();
      if (relaxed.bound() > highest.bound()) {
        highest = relaxed;
        prices = next;
      } else {
        step /= 2;
      }
    }
    if (highest.bound() >= least - slack() || (long) nodes * size() > MOST_WORK) {
      return;
    }
    int unit = undecided(on, off);
    if (unit < 0) {
      return;
    }
    boolean first = highest.on().get(unit);
    for (boolean value : new boolean[] {first, !first}) {
      BitSet side = (BitSet) (value ? on : off).clone();
      side.set(unit);
      branch(value ? side : on, value ? off : side, prices, PRICES_BELOW);
    }
  }

  private static double moved(double price, double excess, double step) {
    if (excess == Double.NEGATIVE_INFINITY || excess == 0) {
      return price;
    }
    double factor = 1 + step;
    return excess > 0 ? Math.max(price * factor, 1e-3 * step) : price / factor;
  }

  private int size() {
    return problem.units().size() + problem.timeGains().size() + problem.errorGains().size();
  }

  private double slack() {
    return least == Double.POSITIVE_INFINITY ? 0 : EQUAL * Math.max(1, Math.abs(least));
  }

  /** The undecided unit that matters most to the limits. */
  private int undecided(BitSet on, BitSet off) {
    int found = -1;
    double most = -1;
    for (int i = 0; i < problem.units().size(); i++) {
      if (!on.get(i) && !off.get(i)) {
        double weight = Math.abs(timeOf(i)) + problem.error().get(i) / errorUnit + bytesOf(i);
        if (weight > most) {
          most = weight;
          found = i;
        }
      }
    }
    return found;
  }

  /** The choice with the least sum of what is minimized and what excesses cost. */
  private Relaxed relaxed(BitSet on, BitSet off, Prices prices) {
    double timeWeight = limits.fastest() ? 1 : prices.limit();
    double errorWeight = limits.fastest() ? prices.limit() : 1;
    int count = problem.units().size();
    int gains = problem.timeGains().size() + problem.errorGains().size();
    SmallestCut cut = new SmallestCut(count + gains + 2);
    for (int i = 0; i < count; i++) {
      double cost =
          timeWeight * timeOf(i)
              + errorWeight * problem.error().get(i) / errorUnit
              - prices.bytes() * bytesOf(i);
      cut.fromSource(i, on.get(i) ? ALWAYS : Math.max(0, -cost));
      cut.toSink(i, off.get(i) ? ALWAYS : Math.max(0, cost));
    }
    int at = gains(cut, count, problem.timeGains(), timeWeight / problem.floatTime());
    gains(cut, at, problem.errorGains(), errorWeight / errorUnit);
    BitSet found = cut.sourceSide().get(0, count);
    offer(found);
    double bound = objective(found);
    bound += prices.limit() == 0 ? 0 : prices.limit() * limitExcess(found);
    bound += prices.bytes() == 0 ? 0 : prices.bytes() * bytesExcess(found);
    return new Relaxed(found, bound);
  }

  /** A gain is worth its amount, and needs all of its units. */
  private static int gains(SmallestCut cut, int from, List<Gain> gains, double weight) {
    int vertex = from;
    for (Gain gain : gains) {
      int own = vertex++;
      cut.fromSource(own, gain.amount() * weight);
      gain.all().stream().forEach(unit -> cut.edge(own, unit, ALWAYS));
    }
    return vertex;
  }

  private void offer(BitSet on) {
    double objective = objective(on);
    if (limitExcess(on) <= 0 && bytesExcess(on) <= 0 && objective < least) {
      least = objective;
      best = on;
    }
  }

  private double objective(BitSet on) {
    return limits.fastest() ? time(on) : problem.error(on) / errorUnit;
  }

  private double limitExcess(BitSet on) {
    return limits.fastest()
        ? (problem.error(on) - limits.error()) / errorUnit
        : time(on) - limits.time() / problem.floatTime();
  }

  private double bytesExcess(BitSet on) {
    return (problem.bytes(on) - limits.bytes()) / Math.max(1, problem.floatBytes());
  }

  private double time(BitSet on) {
    return problem.time(on) / problem.floatTime();
  }

  private double timeOf(int unit) {
    return problem.time().get(unit) / problem.floatTime();
  }

  private double bytesOf(int unit) {
    return (double) problem.units().get(unit).bytes() / Math.max(1, problem.floatBytes());
  }
}
