package dev.bitfold.examples.embeddings.evaluation;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress bars of one look, on stderr. */
public final class Bars {
  private static final int WIDTH = 100;

  private Bars() {}

  /** A bar that counts to {@code max}; close it to end its line. */
  public static ProgressBar bar(String task, long max) {
    return new ProgressBarBuilder()
        .setTaskName(String.format("%-26s", task))
        .setInitialMax(max)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(500)
        .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
        .build();
  }
}
