package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Progress;
import java.util.OptionalLong;

/** Counts the batches of a stage, and reports them. Not safe for concurrent use. */
public final class Stage {
  private final String name;
  private final OptionalLong total;
  private final Progress.Listener listener;
  private long done;

  Stage(String name, OptionalLong total, Progress.Listener listener) {
    this.name = name;
    this.total = total;
    this.listener = listener;
    listener.onProgress(new Progress(name, 0, total));
  }

  /** Counts a batch. */
  public void advance() {
    done++;
    listener.onProgress(new Progress(name, done, total));
  }

  /** Ends a stage that has a total but may need fewer batches. */
  public void finish() {
    if (done < total.orElse(done)) {
      done = total.getAsLong();
      listener.onProgress(new Progress(name, done, total));
    }
  }
}
