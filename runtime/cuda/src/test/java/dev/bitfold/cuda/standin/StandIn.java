package dev.bitfold.cuda.standin;

import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Builds the stand-in, and lets tests configure and query it. */
public final class StandIn {
  private static final Path KERNELS = Path.of("src", "main", "cuda");
  private static final Path PTX =
      Path.of("src", "main", "resources", "dev", "bitfold", "cuda", "kernels.ptx");
  private static final Path DRIVER = Path.of("src", "test", "cpp");
  private static final Path BUILT = Path.of("target", "standin");
  private static final Pattern ENTRY = Pattern.compile("\\.visible \\.entry (\\w+)\\(");

  private static final List<String> COMPILE =
      List.of(
          "g++",
          "-std=c++17",
          "-O1",
          "-ffp-contract=off",
          "-fPIC",
          "-shared",
          "-pthread",
          // Two of them in one process are two.
          "-Wl,-Bsymbolic",
          "-fno-gnu-unique",
          "-Wall",
          "-Wextra",
          "-Werror",
          "-Wno-unknown-pragmas",
          "-Wno-unused-parameter");

  private StandIn() {}

  /** The stand-in's own functions. */
  public interface Controls extends Library {
    /**
     * A number: launches, uploads, downloads, allocations, used, overruns, pinned, streams, events,
     * contexts.
     */
    long standin_get(String name);

    /**
     * Sets driver_version, devices, compute_capability, the bytes of memory, or lost: what every
     * call answers from now on.
     */
    void standin_set(String name, long value);

    /** Has a call of a function fail, after so many that do not. */
    void standin_fail(String call, int code, long after);
  }

  /** The stand-in that the session runs on; the same library as the driver's. */
  public static Controls controls() {
    return Native.load(System.getProperty("bitfold.cuda.driver"), Controls.class);
  }

  /** A number of the stand-in's, as overruns; a real device tells none: 0. */
  public static long count(String name) {
    boolean here = System.getProperty("bitfold.cuda.driver", "").contains("standin");
    return here ? controls().standin_get(name) : 0;
  }

  /** Whether there is a g++. */
  public static boolean canBuild() {
    try {
      Process process =
          new ProcessBuilder("g++", "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Names of the kernels in the PTX. */
  static List<String> kernels() throws IOException {
    List<String> names = new ArrayList<>();
    Matcher matcher = ENTRY.matcher(Files.readString(PTX));
    while (matcher.find()) {
      names.add(matcher.group(1));
    }
    return names;
  }

  /** Compiles the stand-in, unless one of the same sources is there; gives its path. */
  public static Path build() {
    try {
      return build(kernels(), List.of(KERNELS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Compiles a stand-in of other kernels.
   *
   * @param kernels their names
   * @param directory with their {@code kernels.cu}, which finds the headers of Bitfold's kernels
   */
  public static Path build(List<String> kernels, Path directory) {
    try {
      return build(kernels, List.of(directory, KERNELS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path build(List<String> kernels, List<Path> directories) throws IOException {
    List<Path> sources = new ArrayList<>();
    for (Path directory : directories) {
      sources.addAll(files(directory));
    }
    sources.addAll(files(DRIVER));
    StringBuilder list = new StringBuilder();
    for (String kernel : kernels) {
      list.append("KERNEL(").append(kernel).append(")\n");
    }
    Path built = BUILT.resolve(hash(sources, list.toString() + COMPILE));
    Path library = built.resolve("libcuda-standin.so").toAbsolutePath();
    if (!Files.exists(library)) {
      Files.createDirectories(built);
      Files.writeString(built.resolve("kernels.inc"), list);
      compile(built, directories);
    }
    return library;
  }

  private static void compile(Path directory, List<Path> kernels) throws IOException {
    Path part = directory.resolve("part.so");
    List<String> command = new ArrayList<>(COMPILE);
    command.addAll(List.of("-I" + DRIVER, "-I" + directory, "-o", part.toString()));
    kernels.forEach(path -> command.add("-I" + path));
    for (Path source : files(DRIVER)) {
      if (source.toString().endsWith(".cpp")) {
        command.add(source.toString());
      }
    }
    Path log = directory.resolve("g++.log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (!process.waitFor(5, TimeUnit.MINUTES) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(
            "g++ cannot compile the stand-in:\n" + Files.readString(log));
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while g++ ran", e);
    }
    Files.move(part, directory.resolve("libcuda-standin.so"));
  }

  /** The SHA-256 that regenerate.sh notes for the kernels' sources, if files are only those. */
  static String hash(List<Path> files, String more) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path file : files) {
        digest.update(Files.readAllBytes(file));
      }
      digest.update(more.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The sources in a directory, by name. */
  static List<Path> files(Path directory) throws IOException {
    Pattern source = Pattern.compile(".*\\.(cu|cuh|cpp|h)");
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(f -> source.matcher(f.toString()).matches()).sorted().toList();
    }
  }

  /** The sources of the kernels. */
  static List<Path> kernelSources() throws IOException {
    return files(KERNELS);
  }

  /** A program on the PATH, or where CUDA is usually installed. */
  static Optional<Path> tool(String name) throws IOException {
    List<Path> places = new ArrayList<>();
    for (String place : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      places.add(Path.of(place));
    }
    Path local = Path.of("/usr/local");
    if (Files.isDirectory(local)) {
      try (Stream<Path> entries = Files.list(local)) {
        entries
            .filter(e -> e.getFileName().toString().startsWith("cuda"))
            .map(e -> e.resolve("bin"))
            .forEach(places::add);
      }
    }
    return places.stream().map(p -> p.resolve(name)).filter(Files::isExecutable).findFirst();
  }
}
