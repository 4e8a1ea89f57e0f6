package dev.bitfold.calibration;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import java.nio.FloatBuffer;

/** Goes over a dense tensor in c order, in runs of neighbours whose groups are known. */
final class GroupRuns {
  private static final int CHUNK = 2048;

  /** Handles the runs. */
  public @FunctionalInterface interface Run {
    /**
     * Takes one run.
     *
     * @param values holds the run, and may be written to
     * @param from the run's first index in {@code values}
     * @param length its elements
     * @param group the first element's group
     * @param step 0 if all have that group, 1 if each has the next
     */
    void accept(float[] values, int from, int length, int group, int step);
  }

  private GroupRuns() {}

  static void forEach(FloatBuffer values, Groups groups, Run run) {
    float[] chunk = new float[Math.min(CHUNK, groups.elements())];
    int step = groups.block() == 1 ? 1 : 0;
    for (int start = 0; start < groups.elements(); start += chunk.length) {
      int length = Math.min(chunk.length, groups.elements() - start);
      values.get(start, chunk, 0, length);
      for (Runs runs = groups.runs(start, length); runs.next(); ) {
        run.accept(chunk, runs.from(), runs.length(), runs.group(), step);
      }
    }
  }
}
