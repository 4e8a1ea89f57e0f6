package dev.bitfold.examples.embeddings.evaluation;

import dev.bitfold.calibration.Progress;
import me.tongfei.progressbar.ProgressBar;

/** Shows how far calibration has come: a bar per stage. */
public final class CalibrationBar implements Progress.Listener {
  private ProgressBar bar;

  @Override
  public void onProgress(Progress progress) {
    if (progress.done() == 0) {
      bar = Bars.bar(progress.stage(), progress.total().orElse(-1));
    }
    bar.stepTo(progress.done());
    if (progress.done() == progress.total().orElse(-1)) {
      bar.close();
    }
  }
}
