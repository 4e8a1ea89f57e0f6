package dev.bitfold.examples.embeddings;

import dev.bitfold.annotations.Calib;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.deploy.DirectCost;
import dev.bitfold.examples.embeddings.evaluation.ForwardBenchmark;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/**
 * Times calibrating, freezing and the forward pass.
 *
 * @param file the model's own file
 * @param out where each time is printed as soon as it is known
 */
record Timings(MiniLm model, InputFile file, Tokenizer tokenizer, PrintWriter out) {
  private static final int WARM_UP = 6;
  private static final int ROUNDS = 30;
  private static final int CALIBRATION_ROUNDS = 5;

  /** Prints all times, with these sentences to calibrate on. */
  void print(List<String> sentences) throws IOException {
    line(
        "calibrating the file takes %.3f times its own pass in ONNX Runtime (median of %d)%n",
        DirectCost.ratio(file, tokenizer, sentences, CALIBRATION_ROUNDS), CALIBRATION_ROUNDS);
    List<Batch> batches = BatchEmbedder.batches(tokenizer, sentences);
    CalibrationBenchmark calibrating = new CalibrationBenchmark(model, batches);
    for (Calib calib : List.of(Calib.MAX, Calib.PERCENTILE, Calib.MSE, Calib.ENTROPY)) {
      line(
          "calibrating with %s takes %.3f times the float forward pass (%d batches, median of"
              + " %d)%n",
          calib, calibrating.ratio(calib, CALIBRATION_ROUNDS), batches.size(), CALIBRATION_ROUNDS);
    }
    line(
        "freezing takes %.3f times what calibrating takes%n",
        calibrating.freezing(CALIBRATION_ROUNDS));
    Quantizations quantizations = Quantizations.of(model, batches);
    List<String> some = StsData.calibration(BatchEmbedder.BATCH_SIZE);
    Batch batch = Batch.of(tokenizer.encode(some));
    line("a batch of %d sentences, %d tokens%n", batch.size(), batch.ids().length);
    // The float model also meets itself: what the clock's noise is worth.
    time("fp32", model, batch);
    quantizations.models().forEach((name, quantized) -> time(name, quantized.model(), batch));
  }

  private void line(String format, Object... values) {
    out.printf(Locale.ROOT, format, values);
    out.flush();
  }

  private void time(String name, MiniLm candidate, Batch batch) {
    ForwardBenchmark.Times times =
        new ForwardBenchmark(model, candidate).run(batch, WARM_UP, ROUNDS);
    line("%s%n", times.summary("fp32", name));
  }
}
