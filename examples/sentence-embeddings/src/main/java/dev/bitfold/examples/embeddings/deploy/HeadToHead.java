package dev.bitfold.examples.embeddings.deploy;

import ai.onnxruntime.OrtException;
import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxWeights;
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
 * The exported model beside the float one and the published int8 one.
 *
 * @param folder where files are written
 * @param export the quantized model
 */
public record HeadToHead(Path folder, OnnxExport export) {
  private static final int WARM_UP = 5;
  private static final int ROUNDS = 30;

  /** The file with standard operators only. */
  public static final String STANDARD = "minilm-int8.onnx";

  private static final String CONTRIB = "minilm-int8-contrib.onnx";

  /** Quantizes a model for its deployment. */
  public static HeadToHead of(
      OnnxWeights original, MiniLm model, List<Batch> sentences, Path folder) {
    return new HeadToHead(folder, OnnxExport.of(original, model, sentences));
  }

  /** The model that was quantized, exported with standard operators; the file. */
  public InputFile standard() throws IOException {
    Path file = folder.resolve(STANDARD);
    export.write(file, OnnxOptions.DEFAULT);
    return InputFile.of(file);
  }

  /** Exports in each way, and prints how long a sentence and a batch take on 1 and 2 threads. */
  public void time(
      PrintWriter out, InputFile original, Optional<InputFile> published, List<int[]> batch)
      throws IOException, OrtException {
    Map<String, byte[]> files = new LinkedHashMap<>();
    published.ifPresent(
        file -> {
          files.put("published int8", file.bytes());
          files.put("published again", file.bytes());
        });
    files.put("bitfold, standard", standard().bytes());
    files.put("bitfold, contrib", written(CONTRIB, OnnxOptions.DEFAULT.withContribOperators(true)));
    files.put("fp32", original.bytes());
    out.printf("ONNX Runtime %s%n", ai.onnxruntime.OrtEnvironment.getEnvironment().getVersion());
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

  private byte[] written(String name, OnnxOptions options) throws IOException {
    Path file = folder.resolve(name);
    OnnxQdq.Exported exported = export.write(file, options);
    byte[] bytes = Files.readAllBytes(file);
    if (bytes.length != exported.bytes()) {
      throw new IOException(file + " has " + bytes.length + " bytes");
    }
    return bytes;
  }
}
