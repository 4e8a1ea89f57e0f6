package dev.bitfold.tuning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The solver against all selections, one after another. */
class KnapsackTest {
  private static List<List<Knapsack.Choice>> items(Random random, int count, boolean alike) {
    List<List<Knapsack.Choice>> items = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Knapsack.Choice> choices = new ArrayList<>();
      for (int c = 1 + random.nextInt(5); c > 0; c--) {
        choices.add(
            new Knapsack.Choice(
                random.nextInt(alike ? 4 : 1000),
                alike ? random.nextInt(3) : Math.exp(random.nextGaussian() * 4)));
      }
      items.add(choices);
    }
    return items;
  }

  private static double cost(List<List<Knapsack.Choice>> items, int[] choices) {
    return IntStream.range(0, choices.length)
        .mapToDouble(i -> items.get(i).get(choices[i]).cost())
        .sum();
  }

  private static long bytes(List<List<Knapsack.Choice>> items, int[] choices) {
    return IntStream.range(0, choices.length)
        .mapToLong(i -> items.get(i).get(choices[i]).bytes())
        .sum();
  }

  /** Returns the least cost within the budget; infinite if nothing fits. */
  private static double least(
      List<List<Knapsack.Choice>> items, int from, long budget, double cost) {
    if (budget < 0) {
      return Double.POSITIVE_INFINITY;
    }
    if (from == items.size()) {
      return cost;
    }
    return items.get(from).stream()
        .mapToDouble(c -> least(items, from + 1, budget - c.bytes(), cost + c.cost()))
        .min()
        .orElseThrow();
  }

  @Property(tries = 2000)
  void noSelectionWithinTheBudgetCostsLess(
      @ForAll @IntRange(min = 1, max = 7) int count, @ForAll boolean alike, @ForAll long seed) {
    Random random = new Random(seed);
    List<List<Knapsack.Choice>> items = items(random, count, alike);
    int budget = random.nextInt(alike ? 3 * count + 1 : 600 * count);

    Optional<int[]> solved = Knapsack.solve(items, budget);

    double least = least(items, 0, budget, 0);
    assertEquals(Double.isFinite(least), solved.isPresent());
    solved.ifPresent(
        choices -> {
          assertTrue(bytes(items, choices) <= budget);
          assertEquals(least, cost(items, choices), 1e-9 * least);
        });
  }

  @Test
  void aHundredItemsTakeNoTime() {
    Random random = new Random(5);
    List<List<Knapsack.Choice>> items = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int elements = 100_000 + random.nextInt(5_000_000);
      double sensitivity = Math.exp(3 * random.nextGaussian());
      List<Knapsack.Choice> choices = new ArrayList<>();
      for (int bits : new int[] {2, 3, 4, 6, 8, 32}) {
        choices.add(
            new Knapsack.Choice(elements * bits / 8, sensitivity * Math.pow(4, -bits) * elements));
      }
      items.add(choices);
    }
    long budget = items.stream().mapToLong(choices -> choices.get(2).bytes()).sum();

    int[] choices =
        assertTimeout(Duration.ofSeconds(20), () -> Knapsack.solve(items, budget).orElseThrow());

    assertTrue(bytes(items, choices) <= budget);
    assertTrue(cost(items, choices) < cost(items, IntStream.range(0, 100).map(i -> 2).toArray()));
  }
}
