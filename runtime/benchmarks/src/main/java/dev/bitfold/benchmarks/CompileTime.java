package dev.bitfold.benchmarks;

import dev.bitfold.processor.BitfoldProcessor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What the processor adds to {@code javac}: so many annotated layers compiled in this JVM without
 * it, with it, and without it but with the sources that it writes, which javac has to compile
 * whoever wrote them.
 */
@Command(name = "compile", description = "Compiles annotated layers with and without Bitfold.")
public final class CompileTime implements Callable<Integer> {
  private enum Way {
    LAYERS,
    LAYERS_AND_WRITTEN,
    PROCESSOR
  }

  @Option(names = "--layers", split = ",", description = "How many (default 10,100,1000).")
  private List<Integer> counts = List.of(10, 100, 1000);

  @Option(names = "--rounds", description = "How often each is compiled (default 7).")
  private int rounds = 7;

  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

  @Override
  public Integer call() throws IOException {
    System.out.println(
        "| layers | javac, layers ms | javac, layers and written sources ms | with processor ms"
            + " | / layers | / layers and written |");
    System.out.println("|--:|--:|--:|--:|--:|--:|");
    for (int count : counts) {
      System.out.println(line(count));
    }
    return 0;
  }

  private String line(int count) throws IOException {
    Path folder = Files.createTempDirectory("bitfold-compile");
    try {
      List<JavaFileObject> layers = LayerSources.of(count);
      Path processor = jar();
      Path first = Files.createDirectory(folder.resolve("first"));
      compile(layers, processor, first);
      List<JavaFileObject> all = new ArrayList<>(layers);
      written(first).forEach(all::add);
      Map<Way, Runnable> ways = new EnumMap<>(Way.class);
      ways.put(Way.LAYERS, () -> compile(layers, null, folder));
      ways.put(Way.LAYERS_AND_WRITTEN, () -> compile(all, null, folder));
      ways.put(Way.PROCESSOR, () -> compile(layers, processor, folder));
      Map<Way, Double> medians = new InterleavedRounds(rounds, 1).medians(ways);
      double alone = medians.getOrDefault(Way.LAYERS, Double.NaN);
      double both = medians.getOrDefault(Way.LAYERS_AND_WRITTEN, Double.NaN);
      double with = medians.getOrDefault(Way.PROCESSOR, Double.NaN);
      return String.format(
          Locale.ROOT,
          "| %d | %.0f | %.0f | %.0f | %.2f | %.2f |",
          count,
          alone / 1e6,
          both / 1e6,
          with / 1e6,
          with / alone,
          with / both);
    } finally {
      delete(folder);
    }
  }

  private List<JavaFileObject> written(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder);
        StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      List<JavaFileObject> sources = new ArrayList<>();
      manager
          .getJavaFileObjectsFromPaths(
              files.filter(file -> file.toString().endsWith(".java")).toList())
          .forEach(sources::add);
      return sources;
    }
  }

  private void compile(List<JavaFileObject> sources, @Nullable Path processor, Path folder) {
    List<String> options = new ArrayList<>(List.of("-d", folder.toString(), "-Xlint:none"));
    if (processor == null) {
      options.add("-proc:none");
    } else {
      options.addAll(List.of("-processorpath", processor.toString()));
    }
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      if (!compiler.getTask(null, manager, null, options, null, sources).call()) {
        throw new IllegalStateException("the layers do not compile");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The processor as a build uses it: its own jar and nothing else. */
  private static Path jar() {
    try {
      return Path.of(
          BitfoldProcessor.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
