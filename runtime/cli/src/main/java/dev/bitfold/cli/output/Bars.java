package dev.bitfold.cli.output;

import dev.bitfold.calibration.Progress;
import java.io.Console;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** Shows progress on the error stream, a bar for each stage; nothing unless it is a terminal. */
public final class Bars implements Progress.Listener, AutoCloseable {
  private static final int WIDTH = 100;

  private final boolean shown = isTerminal();
  private @Nullable ProgressBar bar;

  @Override
  public void onProgress(Progress progress) {
    if (!shown) {
      return;
    }
    if (progress.done() == 0 || bar == null) {
      close();
      bar =
          new ProgressBarBuilder()
              .setTaskName(String.format(Locale.ROOT, "%-26s", progress.stage()))
              .setInitialMax(progress.total().orElse(-1))
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(500)
              .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
              .build();
    }
    bar.stepTo(progress.done());
    if (progress.done() == progress.total().orElse(-1)) {
      close();
    }
  }

  /** From JDK 22 on there is a console also where it is no terminal. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException e) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  /** Ends the line of the last bar. */
  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }
}
