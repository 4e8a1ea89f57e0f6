package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import org.junit.jupiter.api.Test;

/** Malformed sources end with a diagnostic, never with an exception of the processor. */
class MutationTest {
  private static final Pattern TOKEN = Pattern.compile("\\w+|\"[^\"]*\"|[^\\s\\w]");
  private static final long SEED = 20260731;

  @Test
  void mutatedExamplesNeverBreakTheProcessor() throws IOException {
    Random random = new Random(SEED);
    List<DiagnosticsPage.Entry> entries = new ArrayList<>(DiagnosticsPageTest.examples());
    for (int i = 0; i < 120; i++) {
      DiagnosticsPage.Entry entry = entries.get(random.nextInt(entries.size()));
      List<String> base = random.nextBoolean() ? entry.wrong() : entry.right();
      String mutant = mutate(String.join("\n", DiagnosticsPage.withoutMarks(base)), random);
      Compilation compilation =
          Compiled.compile(List.of(), DiagnosticsPageTest.sources(List.of(mutant.split("\n"))));
      List<String> errors = Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR);
      assertTrue(
          errors.stream().noneMatch(e -> e.contains("[QZ001]") || e.contains("/SOURCE_OUTPUT/")),
          () -> "seed " + SEED + ", " + entry.id() + ":\n" + mutant + "\n" + errors);
    }
  }

  /** Deletes a token, or puts one of the text's own tokens in the place of another. */
  private static String mutate(String text, Random random) {
    List<int[]> tokens = new ArrayList<>();
    Matcher matcher = TOKEN.matcher(text);
    while (matcher.find()) {
      tokens.add(new int[] {matcher.start(), matcher.end()});
    }
    int[] victim = tokens.get(random.nextInt(tokens.size()));
    int[] other = tokens.get(random.nextInt(tokens.size()));
    String replacement = random.nextInt(3) == 0 ? "" : text.substring(other[0], other[1]);
    return text.substring(0, victim[0]) + replacement + text.substring(victim[1]);
  }
}
