package dev.bitfold.examples.embeddings;

import dev.bitfold.examples.embeddings.load.InputFile;
import dev.bitfold.examples.embeddings.load.MiniLmLoader;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import dev.bitfold.examples.embeddings.text.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;

/** Which encoder is read; all-MiniLM-L6-v2 from the class path unless told otherwise. */
final class EncoderOptions {
  private static final String MODEL = "all-minilm-l6-v2.onnx";
  private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";
  private static final String PEER = "all-minilm-l6-v2-q.onnx";

  @Option(
      names = "--model",
      paramLabel = "FILE",
      description = "A BERT-family sentence encoder in ONNX, float32; needs --tokenizer.")
  private Optional<Path> model = Optional.empty();

  @Option(names = "--tokenizer", paramLabel = "FILE", description = "The model's tokenizer.json.")
  private Optional<Path> tokenizer = Optional.empty();

  @Option(
      names = "--peer",
      paramLabel = "FILE",
      description = "The same model in int8, to compare with; run by ONNX Runtime.")
  private Optional<Path> peer = Optional.empty();

  @Option(
      names = "--pooling",
      paramLabel = "KIND",
      defaultValue = "mean",
      description = "How tokens become a sentence: mean or cls (default: ${DEFAULT-VALUE}).")
  private Pooling pooling;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What the model wants before each sentence, such as \"query: \".")
  private String prefix;

  @Option(
      names = "--heads",
      paramLabel = "N",
      description = "Attention heads, for a file that does not tell.")
  private Optional<Integer> heads = Optional.empty();

  @Option(
      names = "--max-length",
      paramLabel = "N",
      defaultValue = "256",
      description = "Longer sentences are cut to so many tokens (default: ${DEFAULT-VALUE}).")
  private int maxLength;

  /** What is wrong with the options together, if anything. */
  Optional<String> problem() {
    if (model.isPresent() != tokenizer.isPresent()) {
      return Optional.of("--model and --tokenizer belong together: give both or none");
    }
    if (maxLength < 3) {
      return Optional.of("--max-length must be at least 3, not " + maxLength);
    }
    return Optional.empty();
  }

  Pooling pooling() {
    return pooling;
  }

  InputFile modelFile() {
    return model.map(InputFile::of).orElseGet(() -> InputFile.ofResource(MODEL));
  }

  MiniLm load(InputFile file) {
    OptionalInt given = heads.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    return MiniLmLoader.load(file, pooling, given);
  }

  Tokenizer tokenizerOf(MiniLm model) {
    InputFile file = tokenizer.map(InputFile::of).orElseGet(() -> InputFile.ofResource(TOKENIZER));
    int length = Math.min(maxLength, model.embeddings().maxLength());
    return new Tokenizer(file, prefix, length, model.embeddings().vocabulary());
  }

  /** The peer's file: none for a model of one's own without {@code --peer}. */
  Optional<InputFile> peerFile() {
    if (peer.isPresent()) {
      return peer.map(InputFile::of);
    }
    return model.isPresent() ? Optional.empty() : Optional.of(InputFile.ofResource(PEER));
  }
}
