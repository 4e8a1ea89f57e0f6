package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.testing.compile.Compilation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Eclipse's compiler and javac agree: the same generated text for every right example, and for
 * every wrong one the same ids on the same lines. Columns are Eclipse's own affair. It has no line
 * for records and their components either; there the message names the record.
 */
class EclipseCompilerTest {
  /** Only javac shows the bodies of methods, where these mistakes are. */
  private static final Set<String> IN_BODIES = Set.of("QZ026", "QZ063");

  private static final Pattern OURS =
      Pattern.compile("^(\\w+\\.java:\\d+): \\[(QZ\\d{3})] .*", Pattern.DOTALL);

  private static final Pattern IN_RECORD =
      Pattern.compile("^\\?:0: \\[(QZ\\d{3})] .*\n  in record com\\.acme\\.\\w+.*", Pattern.DOTALL);

  private final Path folder;

  EclipseCompilerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Collection<DiagnosticsPage.Entry> examples() throws IOException {
    return DiagnosticsPageTest.examples();
  }

  static List<String> shapes() throws IOException {
    return GoldenTest.shapes();
  }

  @ParameterizedTest
  @MethodSource("examples")
  void rightExamplesGiveTheTextThatJavacGives(DiagnosticsPage.Entry entry) throws IOException {
    EclipseCompiler.Outcome outcome =
        EclipseCompiler.compile(folder, texts(DiagnosticsPageTest.sources(entry.right())));
    assertEquals(List.of(), outcome.errors());
    Compilation javac = DiagnosticsPageTest.compile(entry.right());
    Map<String, String> expected = new TreeMap<>();
    for (JavaFileObject file : javac.generatedSourceFiles()) {
      expected.put(fileName(file), file.getCharContent(false).toString());
    }
    assertEquals(expected, outcome.generated());
  }

  @ParameterizedTest
  @MethodSource("examples")
  void wrongExamplesGiveTheSameIdsOnTheSameLines(DiagnosticsPage.Entry entry) throws IOException {
    EclipseCompiler.Outcome outcome =
        EclipseCompiler.compile(folder, texts(DiagnosticsPageTest.sources(entry.wrong())));
    List<String> expected = new ArrayList<>();
    for (DiagnosticsPage.Mark mark : DiagnosticsPage.marks(entry.wrong())) {
      if (!IN_BODIES.contains(mark.id())) {
        expected.add("Example.java:" + (mark.line() + 1) + " " + mark.id());
      }
    }
    List<String> unexpected = new ArrayList<>();
    for (String error : outcome.errors()) {
      Matcher ours = OURS.matcher(error);
      Matcher ofRecord = IN_RECORD.matcher(error);
      if (ours.matches()) {
        if (!expected.remove(ours.group(1) + " " + ours.group(2))) {
          unexpected.add(error);
        }
      } else if (ofRecord.matches()) {
        Optional<String> meant =
            expected.stream().filter(e -> e.endsWith(ofRecord.group(1))).findFirst();
        meant.ifPresentOrElse(expected::remove, () -> unexpected.add(error));
      } else if (error.contains("[QZ")) {
        unexpected.add(error);
      }
    }
    assertEquals(List.of(), expected, outcome.errors()::toString);
    assertEquals(List.of(), unexpected);
    assertFalse(
        outcome.errors().isEmpty() && !IN_BODIES.contains(entry.id()), "compiles in silence");
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void goldenShapesGiveTheGoldenText(String shape) throws IOException {
    EclipseCompiler.Outcome outcome = EclipseCompiler.compile(folder, GoldenTest.input(shape));
    assertEquals(List.of(), outcome.errors());
    assertEquals(GoldenTest.output(shape), outcome.generated());
    assertFalse(outcome.generated().isEmpty());
  }

  private static Map<String, String> texts(JavaFileObject[] sources) throws IOException {
    Map<String, String> texts = new LinkedHashMap<>();
    for (JavaFileObject source : sources) {
      texts.put(fileName(source), source.getCharContent(false).toString());
    }
    return texts;
  }

  private static String fileName(JavaFileObject file) {
    return file.getName().substring(file.getName().lastIndexOf('/') + 1);
  }
}
