package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.JavaFileObjects;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks that generated code suppresses exactly the warnings that the user's class would cause in
 * it. Eclipse's compiler warns about any other suppression.
 */
@Tag("slow")
class GeneratedWarningsTest {
  private static final String NONE = "-";

  private static final String LAYER =
      "@Int8 %s class Dense %s { @Weight(layout = \"OI\") final INDArray weight; %s"
          + " Dense(INDArray weight) { this.weight = weight; } %s }\n";

  private static final String FORWARD =
      "public INDArray forward(@Input(layout = \"…C\") INDArray x) { return x; }";

  /** The layer's own warnings, which are none of the generated code's business. */
  private static final String QUIET =
      "@SuppressWarnings({\"deprecation\", \"removal\", \"rawtypes\", \"unchecked\", \"serial\"})";

  /**
   * The names in {@code @SuppressWarnings} of {@code QuantizedDense}, and what stands in {@code
   * Dense}: before class, behind its name, as a member, and {@code forward}.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''          | -                               | -                            | -                                              | -
          deprecation | @Deprecated                     | -                            | -                                              | -
          removal     | @Deprecated(forRemoval = true)  | -                            | -                                              | -
          deprecation | -                               | -                            | @Deprecated INDArray weight() { return weight; } | -
          deprecation | -                               | -                            | -                                              | @Deprecated public INDArray forward(@Input INDArray x) { return x; }
          removal     | -                               | -                            | -                                              | @Deprecated(forRemoval = true) public INDArray forward(@Input INDArray x) { return x; }
          deprecation | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x, List<? extends Old> o) { return x; }
          removal     | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x, Map<String, Gone[]> o) { return x; }
          removal     | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x) throws GoneException { return x; }
          removal     | -                               | -                            | -                                              | public <T extends Gone> INDArray forward(@Input INDArray x, T t) { return x; }
          rawtypes    | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x, List o) { return x; }
          rawtypes    | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x, List<List> o) { return x; }
          unchecked   | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x, List<String>... o) { return x; }
          ''          | -                               | -                            | -                                              | public INDArray forward(@Input INDArray x, List<?>... o) { return x; }
          serial      | -                               | implements java.io.Serializable | -                                           | -
          ''          | -                               | -                            | Old unused() { return null; }                  | -
          ''          | -                               | implements AutoCloseable     | public void close() {}                         | -
          """)
  void wrapperSuppressesWhatItWouldRaise(
      String suppressed, String before, String behind, String member, String forward)
      throws IOException {
    String layer = layer(before, behind, member, forward);
    assertEquals(suppressed, compiled("QuantizedDense", layer));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''          | -           | @QuantizeModel record Net(Dense dense, String old) {}
          deprecation | @Deprecated | @QuantizeModel record Net(List<Dense> dense) {}
          deprecation | @Deprecated | @QuantizeModel class Net { final Dense[] dense; Net(Dense[] dense) { this.dense = dense; } }
          deprecation | -           | @Deprecated @QuantizeModel record Net(Dense dense) {}
          removal     | -           | @QuantizeModel record Net(@Deprecated(forRemoval = true) Dense dense) {}
          ''          | -           | @QuantizeModel record Net(Dense dense, Old old, List<Old> olds) {}
          unchecked   | -           | @QuantizeModel class Net { final Dense dense; final List raw; Net(Dense dense, List<String> raw) { this.dense = dense; this.raw = raw; } }
          """)
  void quantizerSuppressesWhatItWouldRaise(String suppressed, String before, String model)
      throws IOException {
    assertEquals(
        suppressed, compiled("NetQuantizer", layer(before, NONE, NONE, NONE), QUIET + " " + model));
  }

  /** Wrappers of final classes repeat more of them. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''       | interface F { INDArray forward(INDArray x); }
          ''       | interface F { Object forward(INDArray x) throws Exception; }
          ''       | interface F extends G<INDArray, INDArray> {} interface G<A, B> { B forward(A x) throws java.io.IOException; }
          ''       | interface F extends G<List> {} interface G<T> { INDArray forward(INDArray x); default List<T> all() { return null; } }
          """)
  void recordBehindAnInterfaceOfAnotherSignature(String suppressed, String types)
      throws IOException {
    String record =
        "@Quantize(role = Role.INPUT, bits = 8) record Scale() implements F { public INDArray"
            + " forward(@Input INDArray x) { return x; } }";
    String quiet = types.replace("interface ", QUIET + " interface ");
    assertEquals(suppressed, compiled("QuantizedScale", record, quiet));
  }

  @Test
  void aPackageOfTheGeneratedNameIsRefused() {
    List<String> errors =
        errors(
            Compiled.source("Dense", layer(NONE, NONE, NONE, NONE)),
            JavaFileObjects.forSourceString(
                "com.acme.QuantizedDense.sub.A",
                "package com.acme.QuantizedDense.sub; class A {}"));
    assertEquals(1, errors.size(), errors::toString);
    assertTrue(
        errors.get(0).startsWith("[QZ004]")
            && errors.get(0).contains("the package com.acme.QuantizedDense"),
        errors.get(0));
  }

  @Test
  void aNameThatTheFileSystemRefusesIsADiagnostic(@TempDir Path folder) throws IOException {
    String name = "L".repeat(245);
    String text = layer(NONE, NONE, NONE, NONE).replace("Dense", name);
    List<TwoCompilers.Source> sources =
        List.of(new TwoCompilers.Source("com/acme/" + name + ".java", Compiled.IMPORTS + text));
    for (TwoCompilers.Outcome outcome :
        List.of(TwoCompilers.javac(folder, sources), TwoCompilers.eclipse(folder, sources))) {
      assertEquals(1, outcome.errors().size(), outcome::toString);
      assertTrue(outcome.errors().get(0).contains("[QZ007]"), outcome::toString);
    }
  }

  private static String layer(String before, String behind, String member, String forward) {
    String text = LAYER.formatted(before, behind, member, forward.equals(NONE) ? FORWARD : forward);
    return QUIET + " " + text.replace(" " + NONE + " ", " ");
  }

  /** Compiles without an error or warning in generated code; returns what a class suppresses. */
  private static String compiled(String generated, String... types) throws IOException {
    List<JavaFileObject> sources = new ArrayList<>();
    sources.add(Compiled.source("Old", "@Deprecated class Old {}"));
    sources.add(Compiled.source("Gone", "@Deprecated(forRemoval = true) class Gone {}"));
    sources.add(
        Compiled.source(
            "GoneException",
            "@Deprecated(forRemoval = true) @SuppressWarnings(\"serial\")"
                + " class GoneException extends Exception {}"));
    for (String type : types) {
      Matcher name = Pattern.compile("(?:class|record|interface) (\\w+)").matcher(type);
      assertTrue(name.find(), type);
      sources.add(Compiled.source(name.group(1), type));
    }
    Compilation compilation =
        Compiled.compile(
            List.of("-Xlint:all,-processing,-auxiliaryclass"),
            sources.toArray(new JavaFileObject[0]));
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR));
    assertEquals(
        List.of(),
        compilation.diagnostics().stream()
            .filter(d -> d.getSource() != null && d.getSource().getName().contains("SOURCE_OUTPUT"))
            .map(d -> d.getMessage(Locale.ROOT))
            .toList());
    String text =
        compilation
            .generatedSourceFile("com.acme." + generated)
            .orElseThrow()
            .getCharContent(false)
            .toString();
    Matcher suppressed = Pattern.compile("@SuppressWarnings\\((.*?)\\)").matcher(text);
    return suppressed.find() ? suppressed.group(1).replaceAll("[\"{}]", "") : "";
  }

  private static List<String> errors(JavaFileObject... sources) {
    return Compiled.diagnostics(Compiled.compile(List.of(), sources), Diagnostic.Kind.ERROR)
        .stream()
        .map(error -> error.substring(error.indexOf('[')))
        .toList();
  }
}
