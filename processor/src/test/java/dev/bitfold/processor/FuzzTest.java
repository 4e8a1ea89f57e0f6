package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import com.sun.source.util.JavacTask;
import dev.bitfold.processor.diagnostics.ProblemId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples of {@code docs/diagnostics} with mistakes of all kinds, and correct sources of odd
 * shapes. Whatever the input is, the compiler ends with a diagnostic or with success: never with an
 * exception of the processor, and never with an error or a warning in generated code. {@code
 * -Dfuzz.seed}, {@code -Dfuzz.mutants}, {@code -Dfuzz.sources} and {@code -Dfuzz.fresh=true} try
 * others.
 */
@Tag("slow")
class FuzzTest {
  private static final long SEED = Long.getLong("fuzz.seed", 20261123);

  private static final boolean FRESH = Boolean.getBoolean("fuzz.fresh");
  private static final int MUTANTS = Integer.getInteger("fuzz.mutants", 200);
  private static final int SOURCES = Integer.getInteger("fuzz.sources", 80);
  private static final Pattern ID = Pattern.compile("^\\[(QZ\\d{3})] ");

  @Test
  void mutatedExamplesEndWithADiagnosticOrCompile() throws IOException {
    Mutator mutator = new Mutator(new Random(SEED));
    List<DiagnosticsPages.Entry> entries = new ArrayList<>(DiagnosticsPagesTest.examples());
    Set<String> hit = new TreeSet<>();
    int parsed = 0;
    int compiled = 0;
    for (int i = 0; i < MUTANTS; i++) {
      DiagnosticsPages.Entry entry = entries.get(i % entries.size());
      List<String> base = i % 4 == 3 ? entry.right() : entry.wrong();
      String mutant = mutator.mutate(String.join("\n", DiagnosticsPages.withoutMarks(base)));
      String description = "seed " + SEED + ", mutant " + i + " of " + entry.id() + ":\n" + mutant;
      JavaFileObject[] sources = DiagnosticsPagesTest.sources(List.of(mutant.split("\n")));
      parsed += parses(sources) ? 1 : 0;
      List<String> errors = errors(description, sources);
      compiled += errors.isEmpty() ? 1 : 0;
      for (String error : errors) {
        Matcher id = ID.matcher(error);
        if (id.lookingAt()) {
          hit.add(id.group(1));
        }
      }
    }
    System.out.printf(
        "fuzz seed %d: %d mutants, %d parse, %d compile, %d ids%n",
        SEED, MUTANTS, parsed, compiled, hit.size());
    assertTrue(parsed >= 0.8 * MUTANTS, parsed + " of " + MUTANTS + " parse; seed " + SEED);
    int exercised = hit.size();
    Set<String> known =
        Arrays.stream(ProblemId.values())
            .map(ProblemId::code)
            .collect(Collectors.toCollection(TreeSet::new));
    assertTrue(
        exercised >= 0.5 * known.size(), "only " + exercised + " ids in the mutants; seed " + SEED);
    entries.stream()
        .flatMap(entry -> DiagnosticsPages.marks(entry.wrong()).stream())
        .forEach(mark -> hit.add(mark.id())); // DiagnosticsPagesTest proves that these come.
    known.removeAll(hit);
    assertEquals(DiagnosticsPagesTest.ELSEWHERE, known);
  }

  @Test
  void acceptedSourcesCompileWithoutAWarning(@TempDir Path folder) throws IOException {
    long other = FRESH ? new Random().nextInt(Integer.MAX_VALUE) : SEED + 1;
    for (long seed : new long[] {SEED, other}) {
      RandomSources sources = new RandomSources(new Random(seed));
      int correct = 0;
      int accepted = 0;
      for (int i = 0; i < SOURCES; i += AcceptedSources.BATCH) {
        AcceptedSources batch = AcceptedSources.of(sources, "fuzz seed " + seed + ", batch " + i);
        correct += batch.correct();
        accepted += batch.accepted();
        batch.check(folder.resolve(seed + "-" + i));
      }
      System.out.printf(
          "fuzz seed %d: %d sources, %d correct, %d accepted%n", seed, SOURCES, correct, accepted);
      assertTrue(correct >= 0.7 * SOURCES, correct + " are correct; seed " + seed);
      assertTrue(accepted >= 0.3 * SOURCES, accepted + " are accepted; seed " + seed);
    }
  }

  /** Compiles; an error that is not the user's fails the test. */
  private static List<String> errors(String description, JavaFileObject[] sources) {
    Compilation compilation;
    try {
      compilation = Compiled.compile(List.of(), sources);
    } catch (RuntimeException e) {
      throw new AssertionError("the compiler died on " + description, e);
    }
    List<String> errors = new ArrayList<>();
    List<String> generated = new ArrayList<>();
    for (Diagnostic<? extends JavaFileObject> diagnostic : compilation.diagnostics()) {
      if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
        String message = diagnostic.getMessage(Locale.ROOT);
        String source = diagnostic.getSource() == null ? "" : diagnostic.getSource().getName();
        assertTrue(!message.startsWith("[QZ001]"), () -> description + "\n" + message);
        (source.contains("SOURCE_OUTPUT") ? generated : errors).add(message);
      }
    }
    // Where the user's own class is broken, what stands in for it is broken too.
    assertTrue(
        generated.isEmpty() || !errors.isEmpty(),
        () -> description + "\nin generated code: " + generated);
    assertEquals(errors.isEmpty(), compilation.status() != Compilation.Status.FAILURE, description);
    return errors;
  }

  private static boolean parses(JavaFileObject[] sources) throws IOException {
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavacTask task =
        (JavacTask)
            ToolProvider.getSystemJavaCompiler()
                .getTask(null, null, diagnostics, List.of("-proc:none"), null, List.of(sources));
    task.parse();
    return diagnostics.getDiagnostics().stream()
        .noneMatch(d -> d.getKind() == Diagnostic.Kind.ERROR);
  }
}
