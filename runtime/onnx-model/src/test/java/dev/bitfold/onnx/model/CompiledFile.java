package dev.bitfold.onnx.model;

import dev.bitfold.processor.BitfoldProcessor;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import onnx.Onnx.ModelProto;

/** Compiles interfaces that name ONNX files, as a user's build does, and loads what came out. */
final class CompiledFile {
  private final Path folder;
  private final List<String> options = new ArrayList<>();

  /** Compiles into a folder, in which resources lie as well. */
  CompiledFile(Path folder) {
    this.folder = folder;
    options.addAll(
        List.of(
            "-Xlint:all,-processing,-classfile",
            "-Werror",
            "-d",
            folder.toString(),
            "-cp",
            folder + File.pathSeparator + System.getProperty("java.class.path")));
  }

  /** Compiles with an option more. */
  CompiledFile with(String option) {
    options.add(option);
    return this;
  }

  /** Puts a file where a build puts resources. */
  CompiledFile resource(String path, ModelProto model) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.resolveSibling(""));
    Files.write(file, model.toByteArray());
    return this;
  }

  /** Returns the errors and warnings, each as line and message. */
  List<String> problems(Map<String, String> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      List<JavaFileObject> files = new ArrayList<>();
      sources.forEach((name, text) -> files.add(source(name, text)));
      JavaCompiler.CompilationTask task =
          compiler.getTask(null, manager, diagnostics, options, null, files);
      task.setProcessors(List.of(new BitfoldProcessor()));
      task.call();
    }
    return diagnostics.getDiagnostics().stream()
        .filter(d -> d.getKind() != Diagnostic.Kind.NOTE)
        .map(d -> d.getLineNumber() + ": " + d.getMessage(Locale.ROOT))
        .toList();
  }

  /** Loads the classes that were compiled. */
  URLClassLoader loader() throws IOException {
    return new URLClassLoader(
        new URL[] {folder.toUri().toURL()}, CompiledFile.class.getClassLoader());
  }

  private static JavaFileObject source(String name, String text) {
    URI place = URI.create("string:///" + name.replace('.', '/') + ".java");
    return new SimpleJavaFileObject(place, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }
}
