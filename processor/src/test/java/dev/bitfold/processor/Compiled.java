package dev.bitfold.processor;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.Compiler;
import com.google.testing.compile.JavaFileObjects;
import java.util.List;
import java.util.Locale;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;

/** Compiles sources with the processor. */
final class Compiled {
  private Compiled() {}

  /** Compiles sources as users do: with every warning on. */
  static Compilation compile(JavaFileObject... sources) {
    return compile(List.of("-Xlint:all", "-Xlint:-processing"), sources);
  }

  static Compilation compile(List<String> options, JavaFileObject... sources) {
    return Compiler.compiler(SharedFiles.JAVAC)
        .withClasspath(UsersClassPath.files())
        .withOptions(options)
        .withProcessors(new BitfoldProcessor())
        .compile(sources);
  }

  /** A source with the imports that all tests need; its first line is the second of the file. */
  static JavaFileObject source(String name, String text) {
    return JavaFileObjects.forSourceString("com.acme." + name, IMPORTS + "\n" + text);
  }

  static final String IMPORTS =
      "package com.acme; import dev.bitfold.annotations.*; import dev.bitfold.layer.Gradients;"
          + " import java.util.*; import java.util.function.UnaryOperator;"
          + " import org.nd4j.autodiff.samediff.SDVariable;"
          + " import org.nd4j.linalg.api.ndarray.INDArray;"
          + " import org.nd4j.linalg.factory.Nd4j;";

  /** The diagnostics of a kind, as {@code file:line:column: message}. */
  static List<String> diagnostics(Compilation compilation, Diagnostic.Kind kind) {
    return compilation.diagnostics().stream()
        .filter(d -> d.getKind() == kind)
        .map(
            d ->
                (d.getSource() == null ? "?" : d.getSource().getName())
                    + ":"
                    + d.getLineNumber()
                    + ":"
                    + d.getColumnNumber()
                    + ": "
                    + d.getMessage(Locale.ROOT))
        .toList();
  }
}
