package dev.bitfold.examples.embeddings;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.evaluation.Evaluation;
import dev.bitfold.examples.embeddings.evaluation.Score;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.MiniLmQuantizer;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.tuning.Budget;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The linears' weights in few bits, rounded to nearest and reconstructed; the tables stay float.
 *
 * @param sentences what to calibrate on
 */
record LowBits(MiniLm model, Tokenizer tokenizer, List<String> sentences, Evaluation evaluation) {
  private static final double NANOS = 1e9;
  private static final int BLOCK = 32;

  /** With their scales, as many as make 7.5 MB of all linears. */
  private static final double BITS = 5.65;

  /**
   * Training sentences that are not among the test sentences, spread evenly.
   *
   * @param most how many at most
   */
  static List<String> sentences(int most) {
    Set<String> test = new HashSet<>(StsData.sentences(StsData.test()));
    List<String> train = new ArrayList<>(StsData.sentences(StsData.train()));
    train.removeIf(test::contains);
    int count = Math.min(most, train.size());
    return IntStream.range(0, count)
        .mapToObj(i -> train.get((int) ((long) i * train.size() / count)))
        .toList();
  }

  /** The model with linears of 4 bits, affine, in blocks of 32. */
  static Quantized<MiniLm> reconstructed(
      MiniLm model, Tokenizer tokenizer, List<String> sentences, ReconstructionOptions options) {
    List<Batch> batches = BatchEmbedder.batches(tokenizer, sentences);
    return nearest(model, batches, blocks(4).affine(true).build()).reconstruct(options).freeze();
  }

  private static Calibration<MiniLm> nearest(
      MiniLm model, List<Batch> batches, QuantDescriptor weights) {
    return MiniLmQuantizer.of(model)
        .using(Recipe.of("weights").with(Role.WEIGHT, weights))
        .skip("embeddings")
        .calibrate(batches, MiniLm::forward);
  }

  private static Map<String, QuantDescriptor> formats() {
    Map<String, QuantDescriptor> formats = new LinkedHashMap<>();
    formats.put("w4 in blocks of 32, affine", blocks(4).affine(true).build());
    formats.put("w4 in blocks of 32", blocks(4).build());
    formats.put("w4 per channel", QuantDescriptor.builder().bits(4).per("O").build());
    formats.put("w3 in blocks of 32", blocks(3).build());
    return formats;
  }

  private static QuantDescriptor.Builder blocks(int bits) {
    return QuantDescriptor.builder().bits(bits).blockSizes(BlockSize.along("I", BLOCK));
  }

  /** Prints a line for each format and method, as soon as it was measured. */
  void print(PrintWriter out) {
    List<Batch> batches = BatchEmbedder.batches(tokenizer, sentences);
    out.printf(Locale.ROOT, "%d sentences in %d batches%n", sentences.size(), batches.size());
    formats()
        .forEach(
            (name, descriptor) -> {
              Calibration<MiniLm> nearest = nearest(model, batches, descriptor);
              line(out, name + ", nearest", nearest, 0);
              for (boolean sequential : new boolean[] {false, true}) {
                long start = System.nanoTime();
                Calibration<MiniLm> better =
                    nearest.reconstruct(ReconstructionOptions.DEFAULT.withSequential(sequential));
                double seconds = (System.nanoTime() - start) / NANOS;
                String how = sequential ? "in sequence" : "in one pass";
                line(out, name + ", " + how, better, seconds);
              }
            });
    within(BITS, out);
  }

  /** Prints the formats that are chosen for a number of bits per weight, and what they give. */
  private void within(double bitsPerWeight, PrintWriter out) {
    Calibration<MiniLm> chosen =
        MiniLmQuantizer.of(model)
            .using(Recipe.of("weights").with(Role.WEIGHT, blocks(8).affine(true).build()))
            .skip("embeddings")
            .calibrate(BatchEmbedder.batches(tokenizer, sentences), MiniLm::forward)
            .within(Budget.bitsPerWeight(bitsPerWeight).withoutFloats());
    out.print(chosen.allocation().orElseThrow());
    String name = String.format(Locale.ROOT, "%.2f bits per weight", bitsPerWeight);
    for (boolean sequential : new boolean[] {false, true}) {
      long start = System.nanoTime();
      Calibration<MiniLm> better =
          chosen.reconstruct(ReconstructionOptions.DEFAULT.withSequential(sequential));
      double seconds = (System.nanoTime() - start) / NANOS;
      line(out, name + (sequential ? ", in sequence" : ", in one pass"), better, seconds);
    }
  }

  private void line(PrintWriter out, String name, Calibration<MiniLm> calibration, double seconds) {
    MiniLm quantized = calibration.freeze().model();
    Score score = evaluation.of(name, new BatchEmbedder(tokenizer, quantized), 0);
    out.printf(
        Locale.ROOT, "%-46s %.5f %.5f %6.1f s%n", name, score.cosine(), score.rhoFp32(), seconds);
    out.flush();
  }
}
