package dev.bitfold.tuning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Solves the knapsack problem with one choice for each item exactly: of all selections within the
 * budget, one of least cost. It goes through the items, and keeps the partial selections that no
 * other beats in bytes and cost, and that may still lead to less cost than the best selection
 * known. What they lead to at least is the cost with fractions of choices allowed (Kellerer,
 * Pferschy and Pisinger 2004, "Knapsack Problems", chapter 11).
 */
final class Knapsack {
  /**
   * Holds a choice.
   *
   * @param bytes 0 or more
   * @param cost 0 or more
   */
  record Choice(long bytes, double cost) {}

  /** The relative difference of sums in another order. */
  private static final double ROUNDING = 1e-12;

  /** A partial selection: the choices of all items so far. */
  private record Partial(long bytes, double cost, int choice, @Nullable Partial before) {}

  /** A step from one choice to a larger one that costs less. */
  private record Increment(int item, long bytes, double gain) {
    double perByte() {
      return gain / bytes;
    }
  }

  private final List<List<Choice>> items;
  private final long budget;

  /** For each item and those after it: the smallest choices together. */
  private final long[] leastBytes;

  private final double[] costOfLeast;

  /** The increments of the lower hulls of all items, the best first. */
  private final List<Increment> increments = new ArrayList<>();

  private Knapsack(List<List<Choice>> items, long budget) {
    this.items = items;
    this.budget = budget;
    leastBytes = new long[items.size() + 1];
    costOfLeast = new double[items.size() + 1];
    for (int i = items.size() - 1; i >= 0; i--) {
      List<Choice> hull = hull(items.get(i));
      leastBytes[i] = leastBytes[i + 1] + hull.get(0).bytes();
      costOfLeast[i] = costOfLeast[i + 1] + hull.get(0).cost();
      for (int c = 1; c < hull.size(); c++) {
        increments.add(
            new Increment(
                i,
                hull.get(c).bytes() - hull.get(c - 1).bytes(),
                hull.get(c - 1).cost() - hull.get(c).cost()));
      }
    }
    increments.sort(Comparator.comparingDouble(Increment::perByte).reversed());
  }

  /**
   * Returns the index of the choice for each item; empty if even the smallest choices are too
   * large.
   *
   * @param items the choices of each item, at least one for each
   */
  static Optional<int[]> solve(List<List<Choice>> items, long budget) {
    Knapsack knapsack = new Knapsack(items, budget);
    return knapsack.leastBytes[0] > budget ? Optional.empty() : Optional.of(knapsack.solved());
  }

  /** Returns the choices on the lower convex hull, by ascending bytes and descending cost. */
  private static List<Choice> hull(List<Choice> choices) {
    List<Choice> sorted = new ArrayList<>(choices);
    sorted.sort(Comparator.comparingLong(Choice::bytes).thenComparingDouble(Choice::cost));
    List<Choice> hull = new ArrayList<>();
    for (Choice next : sorted) {
      if (!hull.isEmpty() && next.cost() >= hull.get(hull.size() - 1).cost()) {
        continue;
      }
      while (hull.size() > 1
          && slope(hull.get(hull.size() - 2), hull.get(hull.size() - 1))
              >= slope(hull.get(hull.size() - 2), next)) {
        hull.remove(hull.size() - 1);
      }
      hull.add(next);
    }
    return hull;
  }

  private static double slope(Choice from, Choice to) {
    return (to.cost() - from.cost()) / (to.bytes() - from.bytes());
  }

  private int[] solved() {
    double known = costOfWhole();
    List<Partial> partials = List.of(new Partial(0, 0, -1, null));
    for (int i = 0; i < items.size(); i++) {
      List<Partial> next = new ArrayList<>();
      for (Partial partial : partials) {
        for (int c = 0; c < items.get(i).size(); c++) {
          Choice choice = items.get(i).get(c);
          long bytes = partial.bytes() + choice.bytes();
          double cost = partial.cost() + choice.cost();
          if (bytes + leastBytes[i + 1] <= budget
              && cost + atLeast(i + 1, budget - bytes) <= known) {
            next.add(new Partial(bytes, cost, c, partial));
          }
        }
      }
      partials = undominated(next);
    }
    int[] choices = new int[items.size()];
    Partial last = partials.get(partials.size() - 1);
    for (int i = choices.length - 1; i >= 0; i--) {
      choices[i] = last.choice();
      last = Objects.requireNonNull(last.before());
    }
    return choices;
  }

  /** Returns those that no other beats, by ascending bytes and descending cost. */
  private static List<Partial> undominated(List<Partial> partials) {
    partials.sort(Comparator.comparingLong(Partial::bytes).thenComparingDouble(Partial::cost));
    List<Partial> kept = new ArrayList<>();
    for (Partial partial : partials) {
      if (kept.isEmpty() || partial.cost() < kept.get(kept.size() - 1).cost()) {
        kept.add(partial);
      }
    }
    return kept;
  }

  /**
   * Returns the cost of a selection that takes whole increments, the best first, as they fit. An
   * increment of an item is only taken after its earlier ones.
   */
  private double costOfWhole() {
    long left = budget - leastBytes[0];
    double cost = costOfLeast[0];
    boolean[] closed = new boolean[items.size()];
    for (Increment increment : increments) {
      if (increment.bytes() <= left && !closed[increment.item()]) {
        left -= increment.bytes();
        cost -= increment.gain();
      } else {
        closed[increment.item()] = true;
      }
    }
    return cost + ROUNDING * costOfLeast[0];
  }

  /** Returns the least cost of the items from one on, if the last increment may be a fraction. */
  private double atLeast(int from, long bytes) {
    long left = bytes - leastBytes[from];
    double cost = costOfLeast[from];
    for (Increment increment : increments) {
      if (increment.item() >= from) {
        if (increment.bytes() > left) {
          return cost - left * increment.perByte();
        }
        left -= increment.bytes();
        cost -= increment.gain();
      }
    }
    return cost;
  }
}
