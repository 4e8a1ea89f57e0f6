package dev.bitfold.benchmarks;

import dev.bitfold.processor.BitfoldProcessor;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.annotation.processing.Processor;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Measures the time that the processor adds to {@code javac}. Annotated layers are compiled in this
 * JVM in five ways: without the processor; without it, but with the sources that it writes, which
 * javac must compile whoever wrote them; with a processor that only writes these sources; with the
 * processor; and with the processor kept warm. javac loads a processor from the processor path anew
 * each time, so the JVM starts it cold while javac is warm. Times are milliseconds of CPU time of
 * javac's thread, so other work on the machine hardly counts. Ratios are relative to javac on the
 * layers and on the written sources.
 */
@Command(name = "compile", description = "Compiles annotated layers with and without Bitfold.")
public final class CompileTime implements Callable<Integer> {
  private enum Way {
    LAYERS,
    LAYERS_AND_WRITTEN,
    SOURCE_WRITER,
    PROCESSOR_LOADED,
    PROCESSOR_WARM
  }

  @Option(names = "--layers", split = ",", description = "Layers (default 10,100,1000).")
  private List<Integer> counts = List.of(10, 100, 1000);

  @Option(names = "--rounds", description = "How often each is compiled (default 7).")
  private int rounds = 7;

  @Option(names = "--limit", description = "Seconds for a line, but for three rounds (default 60).")
  private double limit = 60;

  private final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();

  @Override
  public Integer call() throws IOException {
    System.out.println(
        "| layers | javac on them | and on what is written | writing it | processor, loaded"
            + " | processor, warm | loaded / javac | warm / javac | warm / writing it |");
    System.out.println("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
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
      List<Path> written = written(first);
      try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
        manager.getJavaFileObjectsFromPaths(written).forEach(all::add);
      }
      Map<String, String> texts = texts(first, written);
      Map<Way, Runnable> ways = new EnumMap<>(Way.class);
      ways.put(Way.LAYERS, () -> compile(layers, null, folder));
      ways.put(Way.LAYERS_AND_WRITTEN, () -> compile(all, null, folder));
      ways.put(
          Way.SOURCE_WRITER,
          () -> compile(layers, options(folder), List.of(new SourceWriter(texts))));
      ways.put(Way.PROCESSOR_LOADED, () -> compile(layers, processor, folder));
      ways.put(Way.PROCESSOR_WARM, () -> compileWarm(layers, folder));
      Map<Way, Double> medians =
          new InterleavedRounds(rounds, 1, limit, CompileTime::cpuNanos).medians(ways);
      double alone = medians.getOrDefault(Way.LAYERS, Double.NaN);
      double both = medians.getOrDefault(Way.LAYERS_AND_WRITTEN, Double.NaN);
      double writer = medians.getOrDefault(Way.SOURCE_WRITER, Double.NaN);
      double loaded = medians.getOrDefault(Way.PROCESSOR_LOADED, Double.NaN);
      double warm = medians.getOrDefault(Way.PROCESSOR_WARM, Double.NaN);
      return String.format(
          Locale.ROOT,
          "| %d | %.0f | %.0f | %.0f | %.0f | %.0f | %.2f | %.2f | %.2f |",
          count,
          alone / 1e6,
          both / 1e6,
          writer / 1e6,
          loaded / 1e6,
          warm / 1e6,
          loaded / both,
          warm / both,
          warm / writer);
    } finally {
      delete(folder);
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static List<Path> written(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  private static Map<String, String> texts(Path folder, List<Path> files) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    for (Path file : files) {
      String name = folder.relativize(file).toString().replace(".java", "");
      texts.put(name.replace(File.separatorChar, '.'), Files.readString(file));
    }
    return texts;
  }

  private void compile(List<JavaFileObject> sources, @Nullable Path processor, Path folder) {
    List<String> options = options(folder);
    if (processor == null) {
      options.add("-proc:none");
    } else {
      options.addAll(List.of("-processorpath", processor.toString()));
    }
    compile(sources, options, List.of());
  }

  private void compileWarm(List<JavaFileObject> sources, Path folder) {
    compile(sources, options(folder), List.of(new BitfoldProcessor()));
  }

  private static List<String> options(Path folder) {
    return new ArrayList<>(List.of("-d", folder.toString(), "-Xlint:none"));
  }

  private void compile(
      List<JavaFileObject> sources, List<String> options, List<? extends Processor> processors) {
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(null, manager, null, options, null, sources);
      if (!processors.isEmpty()) {
        task.setProcessors(processors);
      }
      if (!task.call()) {
        throw new IllegalStateException("the layers do not compile");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the processor's own jar, as a build uses it. */
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
