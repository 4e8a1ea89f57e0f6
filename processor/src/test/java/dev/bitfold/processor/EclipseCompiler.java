package dev.bitfold.processor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;

/** Compiles with Eclipse's compiler and the processor; files lie in a folder, as ecj wants it. */
final class EclipseCompiler {
  private static final Pattern PACKAGE = Pattern.compile("\\bpackage ([\\w.]+);");

  private EclipseCompiler() {}

  /**
   * What came out.
   *
   * @param generated the generated sources by file name
   * @param errors the errors, as {@code file:line: message}
   */
  record Outcome(Map<String, String> generated, List<String> errors) {}

  /**
   * Compiles.
   *
   * @param sources text by the file's name
   */
  static Outcome compile(Path folder, Map<String, String> sources) throws IOException {
    Path input = Files.createDirectories(folder.resolve("src"));
    Path generated = Files.createDirectories(folder.resolve("generated"));
    Path classes = Files.createDirectories(folder.resolve("classes"));
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> source : sources.entrySet()) {
      Matcher named = PACKAGE.matcher(source.getValue());
      Path home = named.find() ? input.resolve(named.group(1).replace('.', '/')) : input;
      Path file = Files.createDirectories(home).resolve(source.getKey());
      files.add(Files.writeString(file, source.getValue(), StandardCharsets.UTF_8));
    }
    List<String> options =
        List.of(
            "--release",
            "17",
            "-encoding",
            "UTF-8",
            "-proceedOnError",
            "-d",
            classes.toString(),
            "-s",
            generated.toString(),
            "-cp",
            System.getProperty("java.class.path"));
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaCompiler compiler = new org.eclipse.jdt.internal.compiler.tool.EclipseCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              null,
              manager,
              diagnostics,
              options,
              null,
              manager.getJavaFileObjectsFromPaths(files));
      task.setProcessors(List.of(new BitfoldProcessor()));
      task.call();
    }
    List<String> errors =
        diagnostics.getDiagnostics().stream()
            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
            .map(EclipseCompiler::line)
            .distinct()
            .toList();
    return new Outcome(read(generated), errors);
  }

  private static String line(Diagnostic<? extends JavaFileObject> diagnostic) {
    String source = diagnostic.getSource() == null ? "?" : diagnostic.getSource().getName();
    return source.substring(source.lastIndexOf('/') + 1)
        + ":"
        + diagnostic.getLineNumber()
        + ": "
        + diagnostic.getMessage(Locale.ROOT);
  }

  private static Map<String, String> read(Path folder) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        texts.put(file.getFileName().toString(), Files.readString(file, StandardCharsets.UTF_8));
      }
    }
    return texts;
  }
}
