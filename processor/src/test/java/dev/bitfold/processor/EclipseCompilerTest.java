package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks that Eclipse's compiler and javac agree: the same generated text for every right example,
 * and the same ids on the same lines for every wrong one. Columns may differ. Eclipse's compiler
 * has no line for records and their components; there, the message names the record.
 */
@Tag("slow")
@Tag("any-jdk")
class EclipseCompilerTest {
  /** Only javac shows the bodies of methods, where these mistakes are. */
  static final Set<String> IN_BODIES =
      Set.of("QZ006", "QZ026", "QZ027", "QZ038", "QZ063", "QZ067", "QZ068");

  private static final Pattern IN_RECORD =
      Pattern.compile("^\\?:0: .*\n  in record com\\.acme\\.(\\w+)\\.\\w+", Pattern.DOTALL);

  private static final Pattern ID = Pattern.compile("^[^:]+:\\d+: \\[(QZ\\d{3})] ");

  private final Path folder;

  EclipseCompilerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void rightExamplesGiveTheTextThatJavacGives() throws IOException {
    List<TwoCompilers.Source> sources = sources(DiagnosticsPages.Entry::right);
    TwoCompilers.Outcome eclipse = TwoCompilers.eclipse(folder, sources);
    assertEquals(List.of(), eclipse.errors());
    TwoCompilers.Outcome javac = TwoCompilers.javac(folder, sources);
    assertTrue(javac.generated().size() > DiagnosticsPagesTest.examples().size());
    for (Map.Entry<String, String> file : javac.generated().entrySet()) {
      assertEquals(file.getValue(), eclipse.generated().get(file.getKey()), file.getKey());
    }
    assertEquals(javac.generated().keySet(), eclipse.generated().keySet());
  }

  @Test
  void wrongExamplesGiveTheSameIdsOnTheSameLines() throws IOException {
    List<String> expected = new ArrayList<>();
    for (DiagnosticsPages.Entry entry : DiagnosticsPagesTest.examples()) {
      for (DiagnosticsPages.Mark mark : DiagnosticsPages.marks(entry.wrong())) {
        if (!IN_BODIES.contains(mark.id())) {
          expected.add(file(entry) + ":" + (mark.line() + 1) + ": [" + mark.id() + "] ");
        }
      }
    }
    List<String> unexpected = new ArrayList<>();
    for (String error :
        TwoCompilers.eclipse(folder, sources(DiagnosticsPages.Entry::wrong)).errors()) {
      Matcher id = ID.matcher(error);
      if (id.lookingAt() && !expected.remove(id.group())) {
        unexpected.add(error);
      }
    }
    // Those that have a line are told apart first.
    unexpected.removeIf(
        error -> {
          Matcher id = ID.matcher(error);
          return id.lookingAt() && ofRecord(error, id.group(1), expected);
        });
    assertEquals(List.of(), expected);
    assertEquals(List.of(), unexpected);
  }

  /** Whether an error has no line, names a record, and is expected somewhere in its package. */
  private static boolean ofRecord(String error, String id, List<String> expected) {
    Matcher where = IN_RECORD.matcher(error);
    return where.find()
        && expected.stream()
            .filter(e -> e.startsWith("com/acme/" + where.group(1) + "/") && e.contains(id))
            .findFirst()
            .map(expected::remove)
            .isPresent();
  }

  /** Of such a nested class it says no name that finds it again. */
  @Test
  void classesWithADollarInTheirNameAreSeen() throws IOException {
    String layer =
        "%s class %s { @Weight(layout = \"OI\") final INDArray w; %s(INDArray w) { this.w = w; }"
            + " public INDArray forward(@Input INDArray x) { return x.mmul(w); } }";
    List<TwoCompilers.Source> sources = new ArrayList<>();
    for (String name : List.of("Dense", "L$1", "L$x", "$1", "D$", "$")) {
      String nested = layer.formatted("@Int8 public static", name, name);
      String text =
          "package com.acme.in;\nimport dev.bitfold.annotations.*;"
              + " import org.nd4j.linalg.api.ndarray.INDArray;\n"
              + "public class Out_%s { %s @QuantizeModel public record M$1(%s a) {} }";
      sources.add(
          new TwoCompilers.Source(
              "com/acme/in/Out_" + name + ".java", text.formatted(name, nested, name)));
    }
    TwoCompilers.Outcome eclipse = TwoCompilers.eclipse(folder, sources);
    assertEquals(List.of(), eclipse.errors());
    assertEquals(TwoCompilers.javac(folder, sources).generated(), eclipse.generated());
    assertEquals(12, eclipse.generated().size());
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void goldenShapesGiveTheGoldenText(String shape) throws IOException {
    List<TwoCompilers.Source> sources = new ArrayList<>();
    GoldenTest.input(shape)
        .forEach((name, text) -> sources.add(new TwoCompilers.Source("com/acme/" + name, text)));
    TwoCompilers.Outcome outcome = TwoCompilers.eclipse(folder, sources);
    assertEquals(List.of(), outcome.errors());
    Map<String, String> golden = new TreeMap<>();
    GoldenTest.output(shape).forEach((name, text) -> golden.put("com/acme/" + name, text));
    assertEquals(golden, outcome.generated());
  }

  static List<String> shapes() throws IOException {
    return GoldenTest.shapes();
  }

  private static String file(DiagnosticsPages.Entry entry) {
    return "com/acme/" + room(entry) + "/Example.java";
  }

  private static String room(DiagnosticsPages.Entry entry) {
    return entry.id().toLowerCase(Locale.ROOT);
  }

  /** All examples at once, each in a package of its own. */
  private static List<TwoCompilers.Source> sources(
      Function<DiagnosticsPages.Entry, List<String>> snippet) throws IOException {
    Map<String, TwoCompilers.Source> sources = new TreeMap<>();
    for (DiagnosticsPages.Entry entry : DiagnosticsPagesTest.examples()) {
      for (JavaFileObject source : DiagnosticsPagesTest.sources(snippet.apply(entry))) {
        String file =
            source
                .getName()
                .replaceFirst("^/", "")
                .replace("com/acme/", "com/acme/" + room(entry) + "/");
        String text =
            source
                .getCharContent(false)
                .toString()
                .replace("package com.acme;", "package com.acme." + room(entry) + ";");
        sources.put(file, new TwoCompilers.Source(file, text));
      }
    }
    return List.copyOf(sources.values());
  }
}
