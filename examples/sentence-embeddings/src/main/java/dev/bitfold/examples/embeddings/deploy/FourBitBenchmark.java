package dev.bitfold.examples.embeddings.deploy;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.onnx.export.OnnxQdq;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Measures the file of 4-bit weights in ONNX Runtime: its bytes, and its time beside the float file
 * and the published int8 file, in turns.
 *
 * @param folder where files are written
 * @param fp32 the float file, which the others' times are divided by
 * @param published the int8 file of others
 */
public record FourBitBenchmark(Path folder, InputFile fp32, Optional<InputFile> published) {
  private static final int WARM_UP = 3;
  private static final int ROUNDS = 21;

  /** The accuracy levels of MatMulNBits: inputs stay float, or are rounded to int8. */
  private static final List<Integer> LEVELS = List.of(0, 4);

  /** Writes the file with each accuracy level, and says what was proved. */
  public Map<String, InputFile> write(FourBitFile quantized, PrintWriter out) throws IOException {
    Map<String, InputFile> files = new LinkedHashMap<>();
    for (int level : LEVELS) {
      Path file = folder.resolve("minilm-int4-" + level + ".onnx");
      OnnxQdq.Exported exported = quantized.write(file, level);
      files.put("int4, level " + level, InputFile.of(file));
      out.printf(
          Locale.ROOT,
          "int4, accuracy level %d: %,d bytes, %s%n",
          level,
          exported.bytes(),
          exported.proof());
      out.flush();
    }
    return files;
  }

  /**
   * Prints how long a sentence and a batch take on 1 and 2 threads.
   *
   * @param batch the tokens of each sentence
   */
  public void time(Map<String, InputFile> int4, List<int[]> batch, PrintWriter out)
      throws OrtException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("fp32", fp32.bytes());
    files.put("fp32 again", fp32.bytes());
    published.ifPresent(file -> files.put("published int8", file.bytes()));
    int4.forEach((name, file) -> files.put(name, file.bytes()));
    out.printf("ONNX Runtime %s, %s%n", OrtEnvironment.getEnvironment().getVersion(), vnni());
    for (int threads = 1; threads <= 2; threads++) {
      for (List<int[]> sentences : List.of(batch.subList(0, 1), batch)) {
        out.printf(Locale.ROOT, "%d sentences, %d threads%n", sentences.size(), threads);
        new RuntimeBenchmark(files)
            .run(sentences, threads, WARM_UP, ROUNDS)
            .forEach((name, time) -> out.printf("  %-20s %s%n", name, time));
        out.flush();
      }
    }
  }

  /** Says whether the CPU has instructions for products of int8, where Linux tells. */
  private static String vnni() {
    Path cpu = Path.of("/proc/cpuinfo");
    try {
      return Files.isReadable(cpu)
          ? Files.readString(cpu).contains("vnni") ? "a CPU with VNNI" : "a CPU without VNNI"
          : "a CPU of unknown instructions";
    } catch (IOException e) {
      return "a CPU of unknown instructions";
    }
  }
}
