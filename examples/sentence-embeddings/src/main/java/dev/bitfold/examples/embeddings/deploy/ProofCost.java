package dev.bitfold.examples.embeddings.deploy;

import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.OnnxProof;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * What the proof of an export costs beside what comes before it, in seconds.
 *
 * @param calibrating reading the data, calibrating, smoothing, correcting, freezing
 * @param writing the export without a proof, at best
 * @param proving how much longer it takes with one, at best
 */
public record ProofCost(double calibrating, double writing, double proving) {
  private static final double NANOS = 1e9;

  /**
   * Quantizes the model and exports it with and without a proof, by turns.
   *
   * @param file what is written, again and again
   */
  public static ProofCost of(
      OnnxWeights original, MiniLm model, List<Batch> sentences, Path file, int rounds)
      throws IOException {
    long start = System.nanoTime();
    OnnxExport export = OnnxExport.of(original, model, sentences);
    double calibrating = (System.nanoTime() - start) / NANOS;
    OnnxOptions unproved = OnnxOptions.DEFAULT.withProof(OnnxProof.skipped("its cost is measured"));
    double writing = seconds(export, file, unproved);
    double both = seconds(export, file, OnnxOptions.DEFAULT);
    for (int round = 1; round < rounds; round++) {
      both = Math.min(both, seconds(export, file, OnnxOptions.DEFAULT));
      writing = Math.min(writing, seconds(export, file, unproved));
    }
    return new ProofCost(calibrating, writing, both - writing);
  }

  private static double seconds(OnnxExport export, Path file, OnnxOptions options)
      throws IOException {
    long start = System.nanoTime();
    export.write(file, options);
    return (System.nanoTime() - start) / NANOS;
  }

  /** The proof's part of an export with calibration. */
  public double share() {
    return proving / (calibrating + writing + proving);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "calibrating %.1f s, writing %.1f s, proving %.1f s: the proof is %.1f %% of it all",
        calibrating,
        writing,
        proving,
        100 * share());
  }
}
