package dev.bitfold.calibration;

import dev.bitfold.kernel.Groups;
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
    int columns = groups.columns();
    for (int start = 0; start < groups.elements(); start += chunk.length) {
      int length = Math.min(chunk.length, groups.elements() - start);
      values.get(start, chunk, 0, length);
      for (int done = 0; done < length; ) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int here = Math.min(length - done, columns - column);
        if (groups.block() == 1) {
          run.accept(chunk, done, here, groups.base(row) + column, 1);
        } else {
          here = Math.min(here, groups.block() - column % groups.block());
          run.accept(chunk, done, here, groups.base(row) + column / groups.block(), 0);
        }
        done += here;
      }
    }
  }
}
