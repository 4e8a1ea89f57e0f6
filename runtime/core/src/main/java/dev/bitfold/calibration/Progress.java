package dev.bitfold.calibration;

import java.util.OptionalLong;

/**
 * Describes the progress of a stage of the runtime's work.
 *
 * @param stage the stage: {@code calibrating}, {@code searching alpha}, {@code proving}
 * @param done the number of completed batches, over all passes of the stage
 * @param total the number of batches in all passes of the stage, if it is known
 */
public record Progress(String stage, long done, OptionalLong total) {
  /** Receives progress, on the thread that calibrates. */
  @FunctionalInterface
  public interface Listener {
    /** Receives the progress when a stage begins ({@code done == 0}) and after each batch. */
    void onProgress(Progress progress);
  }
}
