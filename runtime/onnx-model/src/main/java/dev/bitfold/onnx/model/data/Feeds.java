package dev.bitfold.onnx.model.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Batches of arrays, each by the name of a model's input. Files are read when a batch is asked for,
 * one at a time, and again in each loop, so that the data need not fit into memory. Immutable and
 * safe for concurrent use, other than its iterators.
 *
 * <p>A batch that cannot be read or holds NaN is a {@link FeedException} in the loop, and so is one
 * that does not fit. The message names file, array, type and shape.
 */
public final class Feeds implements Iterable<Map<String, INDArray>> {
  private static final String NPZ = ".npz";
  private static final String NPY = ".npy";

  private final Iterable<Feed> feeds;

  private Feeds(Iterable<Feed> feeds) {
    this.feeds = feeds;
  }

  /** Reads a file. */
  @FunctionalInterface
  private interface Reader {
    Feed read(Path file) throws IOException;
  }

  /**
   * Returns the batches of NumPy archives, which {@code np.savez(file, input_ids=…)} writes: one
   * archive is one batch.
   *
   * @param path an archive, or a folder of archives, which are taken in the order of their names
   * @throws FeedException if a folder has no archive
   * @throws IOException if there is no such file, or a folder cannot be listed
   */
  public static Feeds npz(Path path) throws IOException {
    return files(path, NPZ, Feeds::archive);
  }

  /**
   * Returns the batches of NumPy arrays, one array a file.
   *
   * @param folder a folder of {@code input_ids.npy}, {@code attention_mask.npy} …, which is one
   *     batch; or a folder of such folders, which are taken in the order of their names
   * @throws FeedException if there is no such file
   * @throws IOException if a folder cannot be listed
   */
  public static Feeds npy(Path folder) throws IOException {
    Folder.requireExists(folder);
    if (!Files.isDirectory(folder)) {
      throw new FeedException(
          folder.toString(), "is not a folder of arrays; name the input that it is for");
    }
    List<Path> folders = new ArrayList<>();
    for (Path inner : Folder.folders(folder)) {
      if (!Folder.files(inner, NPY).isEmpty()) {
        folders.add(inner);
      }
    }
    boolean single = !Folder.files(folder, NPY).isEmpty();
    if (single && !folders.isEmpty()) {
      throw new FeedException(
          folder.toString(), "holds arrays as well as folders of arrays; which are the batches?");
    }
    return read(folder, NPY, single ? List.of(folder) : folders, Feeds::arraysOf);
  }

  /**
   * Returns batches for a model with one input.
   *
   * @param path an array in NumPy's format, or a folder of arrays, each of which is a batch
   * @param input the name of the input
   * @throws FeedException if a folder has no array
   * @throws IOException if there is no such file, or a folder cannot be listed
   */
  public static Feeds npy(Path path, String input) throws IOException {
    Objects.requireNonNull(input, "input");
    return files(path, NPY, file -> new Feed(file.toString(), Map.of(input, array(file))));
  }

  /**
   * Returns the batches of ONNX's test data, in which every tensor has the name of an input.
   *
   * @param folder a folder of {@code input_0.pb}, {@code input_1.pb} …, which is one batch; or a
   *     folder of such folders ({@code test_data_set_0} …)
   * @throws FeedException if there is no such file
   * @throws IOException if a folder cannot be listed
   */
  public static Feeds protos(Path folder) throws IOException {
    return protos(folder, List.of());
  }

  /**
   * As {@link #protos(Path)}, also for tensors without a name.
   *
   * @param inputs the names of the model's inputs: {@code input_1.pb} without a name is the second
   */
  public static Feeds protos(Path folder, List<String> inputs) throws IOException {
    List<String> names = List.copyOf(inputs);
    Folder.requireExists(folder);
    if (!Files.isDirectory(folder)) {
      throw new FeedException(folder.toString(), "is not a folder of input_0.pb, input_1.pb …");
    }
    return read(
        folder, "input_0.pb", ProtoReader.sets(folder), set -> ProtoReader.read(set, names));
  }

  /**
   * Returns the batches of a text file with a JSON object in each line, such as {@code
   * {"input_ids": [[101, 102]], "attention_mask": [[1, 1]]}}. Integers become int64, and arrays
   * with any other number float32.
   *
   * @throws IOException if there is no such file
   */
  public static Feeds jsonLines(Path file) throws IOException {
    Folder.requireExists(file);
    return new Feeds(new JsonLines(file));
  }

  /** Returns a single batch. */
  public static Feeds of(Map<String, INDArray> batch) {
    return of(List.of(batch));
  }

  /** Returns batches of any source that can be iterated more than once. */
  public static Feeds of(Iterable<? extends Map<String, INDArray>> batches) {
    Objects.requireNonNull(batches, "batches");
    return new Feeds(
        () -> {
          Iterator<? extends Map<String, INDArray>> all = batches.iterator();
          return new Iterator<>() {
            private int number;

            @Override
            public boolean hasNext() {
              return all.hasNext();
            }

            @Override
            public Feed next() {
              return new Feed("batch " + number++, all.next()).checked();
            }
          };
        });
  }

  /**
   * Returns these batches as a model takes them: each array is cast to the type of its input.
   *
   * @param inputs all inputs of the model
   * @return batches that throw a {@link FeedException} where an array is missing or is not an
   *     input, has another shape, or holds a value that the input's type does not have
   */
  public Feeds fit(List<FeedInput> inputs) {
    List<FeedInput> all = List.copyOf(inputs);
    return new Feeds(
        () -> {
          Iterator<Feed> each = feeds.iterator();
          return new Iterator<>() {
            @Override
            public boolean hasNext() {
              return each.hasNext();
            }

            @Override
            public Feed next() {
              return FittedFeed.of(each.next(), all);
            }
          };
        });
  }

  /**
   * Returns these batches in parts along the first axis of all arrays. A batch whose arrays have
   * first axes of different sizes stays whole.
   *
   * @param rows the largest number of rows
   * @param bytes the largest number of bytes of a batch's arrays; a single row may have more
   * @throws IllegalArgumentException if a number is below 1
   */
  public Feeds split(int rows, long bytes) {
    if (rows < 1 || bytes < 1) {
      throw new IllegalArgumentException(
          "a batch of at most " + rows + " rows and " + bytes + " bytes holds nothing");
    }
    return new Feeds(new SplitFeeds(feeds, rows, bytes));
  }

  /** Returns an iterator that begins anew. */
  @Override
  public Iterator<Map<String, INDArray>> iterator() {
    Iterator<Feed> each = feeds.iterator();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return each.hasNext();
      }

      @Override
      public Map<String, INDArray> next() {
        return each.next().arrays();
      }
    };
  }

  private static Feeds files(Path path, String ending, Reader reader) throws IOException {
    Folder.requireExists(path);
    boolean folder = Files.isDirectory(path);
    return read(path, ending, folder ? Folder.files(path, ending) : List.of(path), reader);
  }

  private static Feeds read(Path path, String what, List<Path> files, Reader reader) {
    if (files.isEmpty()) {
      throw new FeedException(path.toString(), "holds no " + what + " file");
    }
    return new Feeds(() -> files.stream().map(file -> read(file, reader)).iterator());
  }

  private static Feed read(Path file, Reader reader) {
    try {
      return reader.read(file).checked();
    } catch (ZipException e) {
      throw new FeedException(
          file.toString(), "is not a NumPy archive (.npz): " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException(file + ": " + e.getMessage(), e);
    }
  }

  private static Feed archive(Path file) throws IOException {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      for (ZipEntry entry : Collections.list(entries)) {
        if (!entry.getName().endsWith(NPY)) {
          throw new FeedException(
              file.toString(), "holds " + entry.getName() + ", which is not an array (.npy)");
        }
        String name = entry.getName().substring(0, entry.getName().length() - NPY.length());
        try (InputStream in = zip.getInputStream(entry)) {
          arrays.put(name, NpyReader.read(file + ", array '" + name + "'", in));
        }
      }
    }
    return new Feed(file.toString(), arrays);
  }

  private static Feed arraysOf(Path folder) throws IOException {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    for (Path file : Folder.files(folder, NPY)) {
      arrays.put(Folder.name(file, NPY), array(file));
    }
    return new Feed(folder.toString(), arrays);
  }

  private static INDArray array(Path file) throws IOException {
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return NpyReader.read(file.toString(), in);
    }
  }
}
