package dev.bitfold.calibration;

import java.util.OptionalLong;

/**
 * How far the runtime has come with a stage of its work.
 *
 * @param stage what it does: {@code calibrating}, {@code searching alpha}, {@code proving}
 * @param done batches done, over all passes of the stage
 * @param total batches of all passes of the stage, if the number of batches is known
 */
public record Progress(String stage, long done, OptionalLong total) {
  /** Hears of progress, on the thread that calibrates. */
  @FunctionalInterface
  public interface Listener {
    /** Called when a stage begins ({@code done == 0}) and after each batch. */
    void onProgress(Progress progress);
  }
}
