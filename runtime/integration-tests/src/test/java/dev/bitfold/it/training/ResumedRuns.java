package dev.bitfold.it.training;

import dev.bitfold.Training;
import java.nio.file.Path;

/** Continues every run from its checkpoint, in a separate process. */
final class ResumedRuns {
  private ResumedRuns() {}

  /** Reads the checkpoints of a folder and writes others beside them. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int steps = Integer.parseInt(args[1]);
    for (Run run : Run.all()) {
      Training<Net> training = run.resume(folder.resolve(run.name() + ".begun"));
      Run.steps(training, steps);
      training.save(folder.resolve(run.name() + ".resumed"));
    }
  }
}
