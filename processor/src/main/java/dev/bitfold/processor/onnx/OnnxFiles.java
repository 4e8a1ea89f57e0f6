package dev.bitfold.processor.onnx;

import dev.bitfold.internal.graph.OnnxFormatException;
import dev.bitfold.internal.graph.OnnxStructure;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.annotation.processing.Filer;
import javax.tools.JavaFileManager;
import javax.tools.StandardLocation;

/**
 * Finds ONNX files where they will be resources at run time. The folders of the option come first:
 * while a file is there, the compiler is not asked for resources, which some build tools answer by
 * compiling all anew.
 */
public final class OnnxFiles {
  /** The option that names folders of resources, separated as a class path is. */
  public static final String OPTION = "bitfold.onnx";

  private final Supplier<Filer> filer;
  private final List<String> folders;
  private final Map<String, Found> known;

  /**
   * Makes a finder.
   *
   * @param options the processor's options
   * @param known what was found in earlier rounds
   */
  public OnnxFiles(Supplier<Filer> filer, Map<String, String> options, Map<String, Found> known) {
    this.filer = filer;
    this.folders =
        Stream.of(options.getOrDefault(OPTION, "").split(File.pathSeparator, -1))
            .map(String::strip)
            .filter(folder -> !folder.isEmpty())
            .toList();
    this.known = known;
  }

  /** What became of looking for a file. */
  public sealed interface Found {}

  /**
   * A file that was read.
   *
   * @param structure what it holds
   */
  public record Read(OnnxStructure structure) implements Found {}

  /**
   * A file that cannot be read.
   *
   * @param where the file
   * @param problem what is wrong with it; goes on after its name
   */
  public record Unreadable(String where, String problem) implements Found {}

  /**
   * No file.
   *
   * @param places where it was looked for
   */
  public record Missing(List<String> places) implements Found {}

  /** A place where resources are. */
  private interface Source {
    /** Returns the content of a resource; empty if it is not there. */
    Optional<InputStream> open(String path) throws IOException;
  }

  /**
   * Finds a file.
   *
   * @param path its path from the root of the resources, with slashes
   */
  public Found find(String path) {
    return known.computeIfAbsent(path, this::read);
  }

  private Found read(String path) {
    Map<String, Source> sources = sources();
    for (Map.Entry<String, Source> source : sources.entrySet()) {
      String where = path + " in " + source.getKey();
      try (InputStream in = source.getValue().open(path).orElse(null)) {
        if (in != null) {
          return new Read(OnnxStructure.read(in));
        }
      } catch (OnnxFormatException e) {
        return new Unreadable(where, String.valueOf(e.getMessage()));
      } catch (IOException e) {
        return new Unreadable(where, "cannot be read: " + e);
      }
    }
    return new Missing(List.copyOf(sources.keySet()));
  }

  private Map<String, Source> sources() {
    Map<String, Source> sources = new LinkedHashMap<>();
    for (String folder : folders) {
      sources.put("the folder " + folder + " (-A" + OPTION + ")", path -> inFolder(folder, path));
    }
    sources.put("the class output", path -> ask(StandardLocation.CLASS_OUTPUT, path));
    sources.put("the class path", path -> ask(StandardLocation.CLASS_PATH, path));
    sources.put("the source path", path -> ask(StandardLocation.SOURCE_PATH, path));
    return sources;
  }

  private static Optional<InputStream> inFolder(String folder, String path) throws IOException {
    try {
      Path file = Path.of(folder).resolve(path);
      return Files.isRegularFile(file) ? Optional.of(Files.newInputStream(file)) : Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** Asks the compiler; one that has no such location, or no such file, says so by throwing. */
  private Optional<InputStream> ask(JavaFileManager.Location location, String path) {
    try {
      return Optional.of(filer.get().getResource(location, "", path).openInputStream());
    } catch (IOException | RuntimeException e) {
      return Optional.empty();
    }
  }

  /** Returns the names of files that may have been meant: those in the folders of the option. */
  public List<String> others() {
    return folders.stream().flatMap(folder -> inFolder(folder).stream()).toList();
  }

  private static List<String> inFolder(String folder) {
    try {
      Path root = Path.of(folder);
      try (Stream<Path> files = Files.walk(root)) {
        return files
            .filter(file -> file.toString().endsWith(".onnx"))
            .map(file -> "/" + root.relativize(file).toString().replace('\\', '/'))
            .sorted()
            .toList();
      }
    } catch (IOException | UncheckedIOException | InvalidPathException e) {
      return List.of(); // A folder that cannot be listed has nothing to suggest.
    }
  }
}
