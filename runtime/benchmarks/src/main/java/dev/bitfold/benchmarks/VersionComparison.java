package dev.bitfold.benchmarks;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Compares two versions of the runtime. Both run each task of {@link Walks} in turn, in one JVM,
 * and medians are compared. Each version has a class loader of its own, so the JVM compiles it
 * separately, and tasks of its own, as names and parameters change. {@code
 * runtime/benchmarks/compare} builds an older version and runs this class.
 */
@Command(name = "versions", description = "Compares the kernels of two versions of Bitfold.")
public final class VersionComparison implements Callable<Integer> {
  private enum Version {
    BEFORE,
    AFTER
  }

  /**
   * Loads Bitfold's classes only from the given places, and other classes from where the program
   * was started.
   */
  private static final class VersionLoader extends URLClassLoader {
    VersionLoader(List<URL> places, ClassLoader others) {
      super(places.toArray(URL[]::new), others);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (!name.startsWith("dev.bitfold.")) {
          return super.loadClass(name, resolve);
        }
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }
  }

  @Option(
      names = "--before",
      required = true,
      description = "The class path of the older version: annotations, runtime, its own tasks.")
  private String before = "";

  @Option(
      names = "--after",
      required = true,
      description = "The class path of the newer version: annotations, runtime, its own tasks.")
  private String after = "";

  @Option(names = "--only", description = "Tasks whose names contain this; otherwise all.")
  private String only = "";

  @Option(names = "--rounds", description = "How often each side is timed, at most (default 41).")
  private int rounds = 41;

  @Option(names = "--limit", description = "Seconds for a task (default 2).")
  private double limit = 2;

  @Option(
      names = "--most",
      description = "Fails if a ratio of after to before is above this (default: never).")
  private double most = Double.POSITIVE_INFINITY;

  @Option(
      names = "--jvms",
      description =
          "In how many JVMs, one after the other, all is timed (default 1). Each compiles anew, with"
              + " other luck; medians of the ratios are told.")
  private int jvms = 1;

  private record Row(String work, double before, double after) {
    /** Matches what {@link #line} writes. */
    private static final Pattern LINE =
        Pattern.compile("\\| (.*) \\| ([0-9.]+) \\| ([0-9.]+) \\| [0-9.]+ \\|");

    static Stream<Row> parsed(String line) {
      Matcher matcher = LINE.matcher(line);
      return matcher.matches()
          ? Stream.of(
              new Row(
                  group(matcher, 1),
                  Double.parseDouble(group(matcher, 2)) * 1e3,
                  Double.parseDouble(group(matcher, 3)) * 1e3))
          : Stream.of();
    }

    /** The row whose ratio is the median. */
    static Row median(List<Row> rows) {
      List<Row> sorted = new ArrayList<>(rows);
      sorted.sort(Comparator.comparingDouble(Row::ratio));
      return sorted.get(sorted.size() / 2);
    }

    private static String group(Matcher matcher, int group) {
      return Objects.requireNonNull(matcher.group(group));
    }

    double ratio() {
      return after / before;
    }

    String line() {
      return String.format(
          Locale.ROOT, "| %s | %.1f | %.1f | %.3f |", work, before / 1e3, after / 1e3, ratio());
    }
  }

  @Override
  public Integer call() throws ReflectiveOperationException, IOException, InterruptedException {
    List<Row> rows = jvms > 1 ? inJvms() : here();
    if (rows.isEmpty()) {
      throw new IllegalArgumentException("no task's name contains \"" + only + "\"");
    }
    rows.sort(Comparator.comparingDouble(Row::ratio));
    Row slowest = rows.get(rows.size() - 1);
    System.out.printf(
        Locale.ROOT,
        "%nJDK %d, %d tasks: median ratio %.3f, highest %.3f (%s)%n",
        Runtime.version().feature(),
        rows.size(),
        rows.get(rows.size() / 2).ratio(),
        slowest.ratio(),
        slowest.work());
    return slowest.ratio() > most ? 1 : 0;
  }

  private static void title() {
    System.out.println("| work | before, µs | after, µs | after / before |");
    System.out.println("|---|--:|--:|--:|");
  }

  /** Times all tasks in JVMs of their own, which are started as this one was. */
  private List<Row> inJvms() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(Benchmarks.class.getName(), "versions"));
    command.addAll(List.of("--before", before, "--after", after, "--only", only));
    command.addAll(List.of("--rounds", "" + rounds, "--limit", "" + limit));
    Map<String, List<Row>> all = new LinkedHashMap<>();
    for (int jvm = 0; jvm < jvms; jvm++) {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
        lines
            .lines()
            .flatMap(Row::parsed)
            .forEach(row -> all.computeIfAbsent(row.work(), w -> new ArrayList<>()).add(row));
      }
      if (process.waitFor() != 0) {
        throw new IllegalStateException("the JVM that compares ended with " + process.exitValue());
      }
    }
    title();
    List<Row> medians = new ArrayList<>();
    for (List<Row> rows : all.values()) {
      medians.add(Row.median(rows));
    }
    medians.forEach(row -> System.out.println(row.line()));
    return medians;
  }

  private List<Row> here() throws ReflectiveOperationException, MalformedURLException {
    System.setProperty("bitfold.threads", "1");
    Map<String, Runnable> old = works(before);
    Map<String, Runnable> current = works(after);
    List<Row> rows = new ArrayList<>();
    title();
    for (Map.Entry<String, Runnable> work : old.entrySet()) {
      Runnable now = current.get(work.getKey());
      if (now != null && work.getKey().contains(only)) {
        Row row = compare(work.getKey(), work.getValue(), now);
        System.out.println(row.line());
        rows.add(row);
      }
    }
    return rows;
  }

  private Row compare(String name, Runnable old, Runnable current) {
    Map<Version, Runnable> sides = new EnumMap<>(Version.class);
    sides.put(Version.BEFORE, old);
    sides.put(Version.AFTER, current);
    Map<Version, Double> medians = new InterleavedRounds(rounds, 4, limit).medians(sides);
    return new Row(
        name,
        medians.getOrDefault(Version.BEFORE, Double.NaN),
        medians.getOrDefault(Version.AFTER, Double.NaN));
  }

  @SuppressWarnings("unchecked") // the same JDK's interfaces in both loaders
  private static Map<String, Runnable> works(String classPath)
      throws ReflectiveOperationException, MalformedURLException {
    List<URL> places = new ArrayList<>();
    for (String place : classPath.split(File.pathSeparator, -1)) {
      places.add(new File(place).toURI().toURL());
    }
    ClassLoader loader = new VersionLoader(places, VersionComparison.class.getClassLoader());
    try {
      Supplier<Map<String, Runnable>> works =
          (Supplier<Map<String, Runnable>>)
              loader.loadClass(Walks.class.getName()).getDeclaredConstructor().newInstance();
      return works.get();
    } catch (InvocationTargetException e) {
      throw new IllegalStateException("no tasks from " + classPath, e.getCause());
    }
  }
}
