package dev.bitfold.cli.input;

import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.data.Feeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which data a model runs on. */
public final class DataOptions {
  private static final Pattern SIZE = Pattern.compile("([1-9]\\d{0,4})x([1-9]\\d{0,4})");

  @Option(
      names = "--data",
      paramLabel = "PATH",
      description = {
        "Arrays by the names of the inputs: a .npz or .jsonl file, a folder of .npz files, of",
        "folders of .npy files, or of ONNX test data (test_data_set_*/input_*.pb)."
      })
  private @Nullable Path data;

  @Option(
      names = "--text",
      paramLabel = "FILE",
      description = "Texts, one a line; with --tokenizer.")
  private @Nullable Path text;

  @Option(
      names = "--images",
      paramLabel = "FOLDER",
      description = "Images for a model with one input [N, C, H, W]; with --size.")
  private @Nullable Path images;

  @Option(
      names = "--tokenizer",
      paramLabel = "FILE",
      description = "The model's tokenizer.json, for --text.")
  private @Nullable Path tokenizer;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "256",
      description = "Longer texts are cut (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "What the model wants before each text, such as \"query: \".")
  private String prefix = "";

  @Option(names = "--size", paramLabel = "HxW", description = "What images are scaled to.")
  private @Nullable String size;

  @Option(
      names = "--mean",
      paramLabel = "M",
      split = ",",
      defaultValue = "0",
      description = "Taken from values of 0 to 1, one or one a channel (default: 0).")
  private List<Double> mean = List.of();

  @Option(
      names = "--std",
      paramLabel = "S",
      split = ",",
      defaultValue = "1",
      description = "What they are divided by then (default: 1).")
  private List<Double> std = List.of();

  @Option(names = "--bgr", description = "The channels of images are blue, green, red.")
  private boolean bgr;

  @Option(
      names = "--pad",
      description = "Images keep their proportions and get zeros at their right or below.")
  private boolean pad;

  @Option(
      names = "--batch-size",
      paramLabel = "N",
      defaultValue = "32",
      description = "The most rows of a batch (default: ${DEFAULT-VALUE}).")
  private int batchSize;

  @Option(
      names = "--max-batch-bytes",
      paramLabel = "N",
      defaultValue = "8388608",
      description = {
        "The most bytes of a batch's arrays (default: ${DEFAULT-VALUE}). What is computed of a"
            + " batch",
        "takes a multiple of that: lower it where memory is short."
      })
  private long maxBatchBytes;

  /** Returns whether there is any. */
  public boolean isGiven() {
    return data != null || text != null || images != null;
  }

  /** Returns what the data is, for reports. */
  public String describe() {
    for (Path path : new @Nullable Path[] {data, text, images}) {
      if (path != null) {
        return path.toString();
      }
    }
    return "none";
  }

  /**
   * Checks the options and that their files are there, before any work is done.
   *
   * @throws BadInputException if options contradict each other
   * @throws NoSuchFileException if there is no such file
   */
  public void check() throws IOException {
    long given =
        java.util.stream.Stream.of(
                Optional.ofNullable(data), Optional.ofNullable(text), Optional.ofNullable(images))
            .filter(Optional::isPresent)
            .count();
    if (given > 1) {
      throw new BadInputException("give one of --data, --text and --images");
    }
    if (text != null && tokenizer == null) {
      throw new BadInputException(
          text + ": texts need the model's tokenizer: --tokenizer tokenizer.json");
    }
    if (tokenizer != null && text == null) {
      throw new BadInputException("--tokenizer needs texts: --text lines.txt");
    }
    if (images != null) {
      size();
    }
    if (batchSize < 1 || maxBatchBytes < 1 || maxTokens < 2) {
      throw new BadInputException(
          "--batch-size and --max-batch-bytes are 1 at least, and --max-tokens 2");
    }
    if (std.contains(0.0)) {
      throw new BadInputException("--std is 0: what images are divided by is not 0");
    }
    for (Path path : new @Nullable Path[] {data, text, images, tokenizer}) {
      if (path != null && !Files.exists(path)) {
        throw new NoSuchFileException(path.toString());
      }
    }
  }

  /**
   * Returns the batches, as the model takes them.
   *
   * @param inputs all inputs of the model
   * @throws BadInputException if there is no data, or the model does not take its kind
   */
  public Feeds read(List<FeedInput> inputs) throws IOException {
    return read(inputs, data);
  }

  /** Returns other batches of the same kind. */
  public Feeds read(List<FeedInput> inputs, @Nullable Path other) throws IOException {
    if (text != null && tokenizer != null) {
      return new TextFeeds(tokenizer, other == null ? text : other, maxTokens, prefix)
          .read(inputs, batchSize, maxBatchBytes)
          .fit(inputs);
    }
    if (images != null) {
      Matcher hw = size();
      return new ImageFeeds(
              other == null ? images : other,
              Integer.parseInt(hw.group(1)),
              Integer.parseInt(hw.group(2)),
              mean,
              std,
              bgr,
              pad)
          .read(inputs, batchSize, maxBatchBytes)
          .fit(inputs);
    }
    if (other == null) {
      throw new BadInputException("no data is given: use --data, --text or --images");
    }
    Feeds feeds = ArrayFiles.read(other, inputs).fit(inputs);
    boolean open =
        inputs.stream().allMatch(i -> !i.shape().isEmpty() && i.shape().get(0) == FeedInput.OPEN);
    return open ? feeds.split(batchSize, maxBatchBytes) : feeds;
  }

  private Matcher size() {
    Matcher matcher = SIZE.matcher(size == null ? "" : size);
    if (!matcher.matches()) {
      throw new BadInputException(
          size == null
              ? "images need the size that the model takes: --size 48x320 (height x width)"
              : "--size " + size + " is not a height and a width, such as 48x320");
    }
    return matcher;
  }
}
