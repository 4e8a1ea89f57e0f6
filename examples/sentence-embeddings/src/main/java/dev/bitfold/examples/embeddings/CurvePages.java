package dev.bitfold.examples.embeddings;

import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.examples.embeddings.curves.Curve;
import dev.bitfold.examples.embeddings.curves.CurveFiles;
import dev.bitfold.examples.embeddings.curves.LayerCurves;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Measures all curves, and writes each as soon as it is known.
 *
 * @param out where points and the names of files are printed
 */
record CurvePages(MiniLm model, Tokenizer tokenizer, Evaluation evaluation, PrintWriter out) {
  /** Writes CSV, JSON and PNG files to a folder that is there. */
  void write(List<Batch> batches, Path folder) throws IOException {
    AccuracyCurves accuracy = new AccuracyCurves(model, tokenizer, evaluation, this::print);
    Path layers = folder.resolve("diagnosis.json");
    Diagnosis diagnosis = accuracy.layers(batches);
    Files.writeString(layers, diagnosis.toJson());
    written(layers, LayerCurves.csv(diagnosis, folder), LayerCurves.png(diagnosis, folder));
    Curve alpha = accuracy.alpha(batches);
    written(CurveFiles.csv(alpha, folder), CurveFiles.png(alpha, folder, false));
    written(CurveFiles.csv(accuracy.calibrators(batches), folder));
    Curve counts = accuracy.sentences(StsData::calibration);
    written(CurveFiles.csv(counts, folder), CurveFiles.png(counts, folder, true));
  }

  private void print(Curve.Point point) {
    out.printf(Locale.ROOT, "%-26s %.5f %.5f%n", point.x(), point.cosine(), point.rhoFp32());
    out.flush();
  }

  private void written(Path... files) {
    for (Path file : files) {
      out.println("written: " + file);
    }
    out.flush();
  }
}
