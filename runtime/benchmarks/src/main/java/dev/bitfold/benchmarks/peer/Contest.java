package dev.bitfold.benchmarks.peer;

import java.util.Map;

/**
 * One kernel on one input.
 *
 * @param kernel its name in tables and options
 * @param sides what each side runs; a side that has no such operation is missing
 * @param proof throws {@link AssertionError} if a side computes something else than ours; it runs
 *     the sides itself
 */
public record Contest(String kernel, Map<Side, Runnable> sides, Runnable proof) {
  /** The map is copied. */
  public Contest {
    sides = Map.copyOf(sides);
  }
}
