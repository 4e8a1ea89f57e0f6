package dev.bitfold.examples.embeddings;

import ai.onnxruntime.OrtException;
import dev.bitfold.Quantized;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.deploy.FourBitBenchmark;
import dev.bitfold.examples.embeddings.deploy.FourBitFile;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.ModelFacts;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.peer.PeerModel;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.reconstruction.ScalePrecision;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The encoder in 4 bits: linears reconstructed, layer after layer.
 *
 * @param file the float model's file
 * @param pooling how the tokens of a sentence become one vector
 * @param sentences what to calibrate on
 * @param options how weights are reconstructed
 * @param bytes what weights and biases of the file may take, with scales in float32; empty for 4
 *     bits
 */
record FourBits(
    InputFile file,
    Tokenizer tokenizer,
    Pooling pooling,
    List<String> sentences,
    ReconstructionOptions options,
    OptionalLong bytes) {
  private static final double NANOS = 1e9;

  /** In sequence, with scales that take two bytes in a file. */
  static final ReconstructionOptions OPTIONS =
      ReconstructionOptions.DEFAULT.withScales(ScalePrecision.FLOAT16);

  /**
   * The scores of the linears alone, in the Java model, and of the file with 4-bit tables, too.
   *
   * @param out the file that is written
   */
  List<Score> scores(MiniLm model, ModelFacts facts, Evaluation evaluation, Path out)
      throws IOException {
    Quantized<MiniLm> linears = LowBits.reconstructed(model, tokenizer, sentences, options);
    Score java =
        evaluation.of(
            "w4-reconstructed",
            new BatchEmbedder(tokenizer, linears.model()),
            facts.bytes(linears.summary()));
    try (FourBitFile quantized = FourBitFile.of(file, tokenizer, sentences, options, bytes)) {
      quantized.write(out, 4);
    }
    RuntimeScores runtime = new RuntimeScores(evaluation, tokenizer, pooling);
    return List.of(java, runtime.of("onnx-int4", InputFile.of(out)));
  }

  /** Prints what the file weighs, how good it is, and how long it takes. */
  void print(Evaluation evaluation, Optional<InputFile> published, Path folder, PrintWriter out)
      throws IOException, OrtException {
    FourBitBenchmark benchmark = new FourBitBenchmark(folder, file, published);
    long start = System.nanoTime();
    Map<String, InputFile> files;
    try (FourBitFile quantized = FourBitFile.of(file, tokenizer, sentences, options, bytes)) {
      out.printf(
          Locale.ROOT,
          "quantized on %d sentences in %.0f s%n%s%n",
          sentences.size(),
          (System.nanoTime() - start) / NANOS,
          quantized.reconstructions());
      quantized.allocation().ifPresent(out::print);
      files = benchmark.write(quantized, out);
    }
    files.forEach((name, int4) -> line(evaluation, name, int4, out));
    published.ifPresent(int8 -> line(evaluation, "published int8", int8, out));
    List<String> batch = StsData.calibration(BatchEmbedder.BATCH_SIZE);
    benchmark.time(files, tokenizer.encode(batch), out);
  }

  private void line(Evaluation evaluation, String name, InputFile model, PrintWriter out) {
    try (PeerModel runtime = new PeerModel(model, tokenizer, pooling)) {
      Score score = evaluation.of(name, runtime, model.bytes().length);
      out.printf(
          Locale.ROOT,
          "%-20s cosine %.5f, rank %.5f, %,d bytes%n",
          name,
          score.cosine(),
          score.rhoFp32(),
          score.weightBytes());
      out.flush();
    }
  }
}
