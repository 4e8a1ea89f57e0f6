package dev.bitfold.cli.input;

import dev.bitfold.onnx.model.data.FeedInput;
import dev.bitfold.onnx.model.data.Feeds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Finds out which form data has, and reads it. */
final class ArrayFiles {
  private ArrayFiles() {}

  /** Returns the batches of a file or folder, by its ending or by what it holds. */
  static Feeds read(Path path, List<FeedInput> inputs) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (!Files.isDirectory(path)) {
      return file(path, inputs);
    }
    if (holds(path, 1, ".npz")) {
      return Feeds.npz(path);
    }
    if (holds(path, 2, ".pb")) {
      return Feeds.protos(path, inputs.stream().map(FeedInput::name).toList());
    }
    if (holds(path, 1, ".npy") && inputs.size() == 1 && !isBatch(path, inputs.get(0))) {
      return Feeds.npy(path, inputs.get(0).name());
    }
    if (holds(path, 2, ".npy")) {
      return Feeds.npy(path);
    }
    throw new BadInputException(
        path + ": holds no data; expected are .npz or .npy files, or folders of input_0.pb");
  }

  private static Feeds file(Path file, List<FeedInput> inputs) throws IOException {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".npz")) {
      return Feeds.npz(file);
    }
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return Feeds.jsonLines(file);
    }
    if (name.endsWith(".npy")) {
      if (inputs.size() != 1) {
        throw new BadInputException(
            file
                + ": is one array, and the model has "
                + inputs.size()
                + " inputs; save all in one .npz file");
      }
      return Feeds.npy(file, inputs.get(0).name());
    }
    throw new BadInputException(
        file
            + ": is not data; expected is a .npz, .npy or .jsonl file, or a folder of them"
            + (name.endsWith(".txt") ? "; texts are given with --text and --tokenizer" : ""));
  }

  /** Returns whether a folder holds only the array that is named after the input. */
  private static boolean isBatch(Path folder, FeedInput input) {
    return Files.exists(folder.resolve(input.name() + ".npy"));
  }

  private static boolean holds(Path folder, int depth, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder, depth)) {
      return files.anyMatch(file -> String.valueOf(file.getFileName()).endsWith(ending));
    }
  }
}
