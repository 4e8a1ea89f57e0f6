package dev.bitfold.cli;

import dev.bitfold.Calibration;
import dev.bitfold.calibration.Progress;
import dev.bitfold.onnx.model.HeldOut;
import dev.bitfold.onnx.model.OnnxBudget;
import dev.bitfold.onnx.model.OnnxModel;
import dev.bitfold.onnx.model.OnnxSearch;
import dev.bitfold.report.FileSearch;
import dev.bitfold.report.FileSearch.Choice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A search under a budget, which leaves the best file so far beside the output until that is
 * written.
 */
final class SearchRun {
  private final Path soFar;
  private final Consumer<String> out;

  /**
   * Begins a search.
   *
   * @param target the file to be written
   * @param out prints a line
   */
  SearchRun(Path target, Consumer<String> out) {
    String name = String.valueOf(target.getFileName());
    String stem = name.endsWith(".onnx") ? name.substring(0, name.length() - 5) : name;
    this.soFar = target.resolveSibling(stem + ".so-far.onnx");
    this.out = out;
  }

  /** Searches what stays float, and prints what was tried. */
  OnnxSearch run(
      Calibration<OnnxModel> calibration,
      OnnxBudget budget,
      HeldOut heldOut,
      Progress.Listener listener)
      throws IOException {
    say("the best file so far is %s, until the search is done", soFar);
    OnnxSearch search = OnnxModel.within(calibration, budget, heldOut, listener, soFar);
    say("tried:");
    search.tried().forEach(tried -> say("  %s", tried));
    say("front (rank correlation of predicted and measured errors %.2f):", search.correlation());
    for (OnnxSearch.Front choice : search.front()) {
      say(
          "  time %.2f, %d bytes, %.1f dB (predicted %.1f)",
          choice.time(), choice.bytes(), choice.decibels(), choice.predictedDecibels());
    }
    search.warnings().forEach(warning -> say("warning: %s", warning));
    say("%s", search);
    return search;
  }

  /** Removes the best file so far, now that it is written. */
  void done() throws IOException {
    Files.deleteIfExists(soFar);
  }

  private void say(String format, Object... values) {
    out.accept(String.format(Locale.ROOT, format, values));
  }

  /** Returns what a report shows of a search. */
  static FileSearch report(OnnxSearch search) {
    OnnxSearch.Tried best = search.best();
    List<Choice> front =
        search.front().stream()
            .map(at -> choice(at.time(), at.bytes(), at.predictedError(), at.error()))
            .toList();
    return new FileSearch(
        search.budget().toString(),
        search.met(),
        choice(
            best.measured().time(),
            best.measured().bytes(),
            best.predictedError(),
            best.measured().error()),
        front,
        Double.isNaN(search.correlation()) ? null : search.correlation());
  }

  private static Choice choice(double time, long bytes, double predicted, double measured) {
    return new Choice(time, bytes, Math.sqrt(predicted), Math.sqrt(measured));
  }
}
