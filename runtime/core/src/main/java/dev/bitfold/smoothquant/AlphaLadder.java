package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Chooses the next candidate for alpha: "off" and every fourth of the others, then the middles on
 * both sides of the best one, then the candidates adjacent to the best one. The error of a layer is
 * smooth in alpha, so this finds the same alpha as trying all candidates, with half the work. Not
 * safe for concurrent use.
 */
final class AlphaLadder {
  private static final int COARSE = 4;

  private final List<Alpha> candidates;
  private final Map<Integer, Double> errors = new TreeMap<>();
  private final List<Integer> waiting = new ArrayList<>();
  private int step;

  /**
   * Begins a search.
   *
   * @param candidates the candidates in ascending order, with "off" first if it is one of them
   * @param everyOne whether all candidates are tried
   */
  AlphaLadder(List<Alpha> candidates, boolean everyOne) {
    this.candidates = candidates;
    this.step = everyOne ? 1 : COARSE;
    int first = candidates.get(0).isOff() ? 1 : 0;
    if (first == 1) {
      waiting.add(0);
    }
    for (int i = first; i < candidates.size(); i += step) {
      waiting.add(i);
    }
    int last = candidates.size() - 1;
    if (!waiting.contains(last)) {
      waiting.add(last);
    }
  }

  /** Returns the largest number of candidates that a new search tries. */
  int most() {
    return waiting.size() + 2 * Integer.numberOfTrailingZeros(step);
  }

  /** Returns the index of the candidate to try next; empty if the search is over. */
  OptionalInt next() {
    while (waiting.isEmpty() && step > 1) {
      step /= 2;
      int best = best();
      offer(best - step);
      offer(best + step);
    }
    return waiting.isEmpty() ? OptionalInt.empty() : OptionalInt.of(waiting.get(0));
  }

  private void offer(int index) {
    boolean number = index >= 0 && index < candidates.size() && isNumber(index);
    if (number && !errors.containsKey(index)) {
      waiting.add(index);
    }
  }

  /** Returns the index of the best alpha other than "off", around which the search continues. */
  private int best() {
    int best = -1;
    for (Map.Entry<Integer, Double> entry : errors.entrySet()) {
      boolean number = isNumber(entry.getKey());
      if (number && (best < 0 || entry.getValue() < errors.getOrDefault(best, Double.MAX_VALUE))) {
        best = entry.getKey();
      }
    }
    return best;
  }

  private boolean isNumber(int index) {
    return candidates.get(index).fixed().isPresent();
  }

  /** Records the error of the candidate that {@link #next} has returned. */
  void tried(int index, double error) {
    waiting.remove((Integer) index);
    errors.put(index, error);
  }

  /** Returns the indices of the candidates that were tried, ascending. */
  List<Integer> indices() {
    return List.copyOf(errors.keySet());
  }
}
