package dev.bitfold.processor;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * Compiles with the processor and one of two compilers. Files are written to a folder, as ecj needs
 * it.
 */
final class TwoCompilers {
  private TwoCompilers() {}

  /**
   * A source.
   *
   * @param file its path below the source folder
   */
  record Source(String file, String text) {}

  /**
   * What came out.
   *
   * @param generated the generated sources by their path
   * @param errors the errors, as {@code path:line: message}; without a path {@code ?:0: message}
   * @param warnings the warnings in generated sources, in the same form
   */
  record Outcome(Map<String, String> generated, List<String> errors, List<String> warnings) {}

  /** Compiles with Eclipse's compiler. */
  static Outcome eclipse(Path folder, List<Source> sources) throws IOException {
    return compile(
        new org.eclipse.jdt.internal.compiler.tool.EclipseCompiler(),
        Files.createDirectories(folder.resolve("eclipse")),
        List.of("--release", "17", "-proceedOnError"),
        sources);
  }

  /** Compiles with javac as far as processors go. */
  static Outcome javac(Path folder, List<Source> sources) throws IOException {
    return compile(
        ToolProvider.getSystemJavaCompiler(),
        Files.createDirectories(folder.resolve("javac")),
        List.of("-proc:only", "-Xmaxerrs", "10000"),
        sources);
  }

  private static Outcome compile(
      JavaCompiler compiler, Path folder, List<String> own, List<Source> sources)
      throws IOException {
    Path input = folder.resolve("src");
    Path generated = Files.createDirectories(folder.resolve("generated"));
    Path classes = Files.createDirectories(folder.resolve("classes"));
    List<Path> files = new ArrayList<>();
    for (Source source : sources) {
      Path file = input.resolve(source.file());
      Files.createDirectories(file.resolveSibling(""));
      files.add(Files.writeString(file, source.text(), StandardCharsets.UTF_8));
    }
    List<String> options = new ArrayList<>(own);
    options.addAll(
        List.of(
            "-encoding",
            "UTF-8",
            "-d",
            classes.toString(),
            "-s",
            generated.toString(),
            "-cp",
            UsersClassPath.text()));
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              Writer.nullWriter(),
              manager,
              diagnostics,
              options,
              null,
              manager.getJavaFileObjectsFromPaths(files));
      task.setProcessors(List.of(new BitfoldProcessor()));
      task.call();
    }
    return new Outcome(
        read(generated),
        lines(input, diagnostics, d -> d.getKind() == Diagnostic.Kind.ERROR),
        lines(
            input,
            diagnostics,
            d ->
                d.getKind() != Diagnostic.Kind.ERROR
                    && d.getSource() != null
                    && d.getSource().getName().startsWith(generated.toString())));
  }

  private static List<String> lines(
      Path input,
      DiagnosticCollector<JavaFileObject> diagnostics,
      Predicate<Diagnostic<? extends JavaFileObject>> wanted) {
    return diagnostics.getDiagnostics().stream()
        .filter(wanted)
        .map(d -> line(input, d))
        .distinct()
        .toList();
  }

  private static String line(Path input, Diagnostic<? extends JavaFileObject> diagnostic) {
    JavaFileObject source = diagnostic.getSource();
    String file = source == null ? "?" : source.getName().replace(input + "/", "");
    return file + ":" + diagnostic.getLineNumber() + ": " + diagnostic.getMessage(Locale.ROOT);
  }

  private static Map<String, String> read(Path folder) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        texts.put(
            folder.relativize(file).toString(), Files.readString(file, StandardCharsets.UTF_8));
      }
    }
    return texts;
  }
}
