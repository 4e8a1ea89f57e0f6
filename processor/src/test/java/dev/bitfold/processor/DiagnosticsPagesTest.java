package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.JavaFileObjects;
import dev.bitfold.descriptor.DescriptorRule;
import dev.bitfold.processor.diagnostics.ProblemId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each wrong example of {@code docs/diagnostics} gives exactly the errors that it marks, at the
 * file, line and column that it marks, and each right one compiles without a warning. With {@code
 * -Dupdate.goldens} the marks are rewritten.
 */
@Tag("slow")
class DiagnosticsPagesTest {
  /** Ids that need more than one source: their own tests are named. */
  static final Set<String> ELSEWHERE = Set.of("QZ001", "QZ002", "QZ007", "QZ078", "QZ079", "QZ160");

  private static final Pattern ID = Pattern.compile("^\\[(QZ\\d{3})] ");

  static Collection<DiagnosticsPages.Entry> examples() throws IOException {
    return DiagnosticsPages.entries().values().stream()
        .filter(entry -> !ELSEWHERE.contains(entry.id()))
        .toList();
  }

  @Test
  void everyIdHasAnEntryAndEveryEntryAnId() throws IOException {
    Set<String> ids =
        Arrays.stream(ProblemId.values())
            .map(ProblemId::code)
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(ProblemId.values().length, ids.size(), "an id is used twice");
    assertEquals(ids, new TreeSet<>(DiagnosticsPages.entries().keySet()));
  }

  @Test
  void theIndexLinksEveryEntry() throws IOException {
    String index = DiagnosticsPages.index();
    if (System.getProperty("update.goldens") != null) {
      Files.writeString(DiagnosticsPages.INDEX, index, StandardCharsets.UTF_8);
    }
    assertEquals(index, Files.readString(DiagnosticsPages.INDEX, StandardCharsets.UTF_8));
  }

  @Test
  void theIndexNamesTheImports() throws IOException {
    assertEquals(
        "package com.acme; " + String.join(" ", DiagnosticsPages.imports()), Compiled.IMPORTS);
  }

  @Test
  void theLinesOfThePagesFitAnEditor() throws IOException {
    try (Stream<Path> pages = Files.list(DiagnosticsPages.FOLDER)) {
      for (Path page : pages.toList()) {
        for (String line : Files.readAllLines(page, StandardCharsets.UTF_8)) {
          boolean row = line.startsWith("| "); // A row of a table cannot be broken.
          assertTrue(row || line.length() <= 120, () -> page + ": " + line);
        }
      }
    }
  }

  @Test
  void everyDescriptorRuleHasAnId() {
    for (DescriptorRule rule : DescriptorRule.values()) {
      assertEquals(rule.name(), ProblemId.of(rule).name());
    }
  }

  /** Each example with the diagnostics of its wrong code. */
  static List<Arguments> wrong() throws IOException {
    return compiled(DiagnosticsPages.Entry::wrong);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrong")
  void wrongExampleGivesTheMarkedErrorsAndNoOther(
      DiagnosticsPages.Entry entry, List<Diagnostic<? extends JavaFileObject>> diagnostics)
      throws IOException {
    List<DiagnosticsPages.Mark> found =
        diagnostics.stream()
            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
            .filter(d -> !isCompilersOwn(entry, d))
            .map(DiagnosticsPagesTest::mark)
            .toList();
    if (System.getProperty("update.goldens") != null) {
      update(entry, found);
    } else {
      assertEquals(DiagnosticsPages.marks(entry.wrong()), found);
    }
    assertTrue(
        found.stream().anyMatch(mark -> mark.id().equals(entry.id())),
        () -> "no " + entry.id() + " but " + diagnostics);
  }

  /** Each example with the diagnostics of its right code. */
  static List<Arguments> right() throws IOException {
    return compiled(DiagnosticsPages.Entry::right);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("right")
  void rightExampleCompilesWithoutAWarning(
      DiagnosticsPages.Entry entry, List<Diagnostic<? extends JavaFileObject>> diagnostics) {
    assertEquals(
        List.of(), diagnostics.stream().filter(d -> d.getKind() != Diagnostic.Kind.NOTE).toList());
  }

  /** javac itself says as well that a type does not exist. */
  private static boolean isCompilersOwn(
      DiagnosticsPages.Entry entry, Diagnostic<? extends JavaFileObject> diagnostic) {
    return entry.id().equals("QZ003")
        && diagnostic.getCode().startsWith("compiler.err.cant.resolve");
  }

  private static DiagnosticsPages.Mark mark(Diagnostic<? extends JavaFileObject> diagnostic) {
    Matcher id = ID.matcher(diagnostic.getMessage(Locale.ROOT));
    return new DiagnosticsPages.Mark(
        diagnostic.getSource() == null
                || !diagnostic.getSource().getName().endsWith("/Example.java")
            ? -1
            : diagnostic.getLineNumber() - 1,
        Math.max(3, diagnostic.getColumnNumber()), // What the two slashes cover is one place.
        id.lookingAt() ? id.group(1) : diagnostic.getMessage(Locale.ROOT));
  }

  /** A snippet and what it uses. */
  static JavaFileObject[] sources(List<String> snippet) throws IOException {
    String prelude = DiagnosticsPages.prelude();
    JavaFileObject shared = Compiled.source("Shared", prelude);
    JavaFileObject example =
        Compiled.source("Example", String.join("\n", DiagnosticsPages.withoutMarks(snippet)));
    JavaFileObject lombok =
        JavaFileObjects.forSourceString(
            "lombok.Value", "package lombok; public @interface Value {}");
    return new JavaFileObject[] {shared, example, lombok};
  }

  private static List<Arguments> compiled(Function<DiagnosticsPages.Entry, List<String>> snippet)
      throws IOException {
    List<Arguments> compiled = new ArrayList<>();
    Cases.compile(
            List.of("-Xlint:all,-auxiliaryclass,-processing"),
            BitfoldProcessor::new,
            cases(examples(), snippet))
        .forEach((entry, diagnostics) -> compiled.add(Arguments.of(entry, diagnostics)));
    return compiled;
  }

  /** The sources of examples. */
  static Map<DiagnosticsPages.Entry, List<JavaFileObject>> cases(
      Collection<DiagnosticsPages.Entry> examples,
      Function<DiagnosticsPages.Entry, List<String>> snippet)
      throws IOException {
    Map<DiagnosticsPages.Entry, List<JavaFileObject>> cases = new LinkedHashMap<>();
    for (DiagnosticsPages.Entry entry : examples) {
      cases.put(entry, List.of(sources(snippet.apply(entry))));
    }
    return cases;
  }

  private static void update(DiagnosticsPages.Entry entry, List<DiagnosticsPages.Mark> found)
      throws IOException {
    String page = Files.readString(entry.file(), StandardCharsets.UTF_8);
    int start = page.indexOf("## " + entry.id());
    String old = "```java\n" + String.join("\n", entry.wrong()) + "\n```";
    String marked =
        "```java\n" + String.join("\n", DiagnosticsPages.withMarks(entry.wrong(), found)) + "\n```";
    int at = page.indexOf(old, start);
    Files.writeString(
        entry.file(),
        page.substring(0, at) + marked + page.substring(at + old.length()),
        StandardCharsets.UTF_8);
  }
}
