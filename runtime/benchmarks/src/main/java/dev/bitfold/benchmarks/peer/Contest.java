package dev.bitfold.benchmarks.peer;

import java.util.Map;

/**
 * Holds one kernel with one input.
 *
 * @param kernel its name in tables and options
 * @param sides the code of each side; a side without such an operation is missing
 * @param proof runs the sides, and throws {@link AssertionError} if one computes other values than
 *     ours
 */
public record Contest(String kernel, Map<Side, Runnable> sides, Runnable proof) {
  /** Copies the map. */
  public Contest {
    sides = Map.copyOf(sides);
  }
}
