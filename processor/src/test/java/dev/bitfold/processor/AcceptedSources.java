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
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;

/**
 * Compiles sources, each in a package of its own, that must give no compiler warning and no error
 * of Bitfold's processor. Many are compiled at once, because javac spends most of its time on
 * reading class files before the first class.
 */
final class AcceptedSources {
  static final int BATCH = 40;

  private static final Pattern ROOM = Pattern.compile("(?:^|/)(r\\d+)[/.]");
  private static final Pattern REFUSAL = Pattern.compile("^\\[QZ(?!001)\\d{3}] ");
  private static final List<String> OPTIONS =
      List.of("-Xlint:all,-processing", "-Xmaxerrs", "10000", "-Xmaxwarns", "10000");

  private final String description;
  private final Map<String, Map<String, String>> rooms = new TreeMap<>();
  private int correct;

  private AcceptedSources(String description) {
    this.description = description;
  }

  /** Returns those of a batch that are accepted. */
  static AcceptedSources of(RandomSources random, String description) {
    AcceptedSources sources = new AcceptedSources(description);
    for (int i = 0; i < BATCH; i++) {
      sources.rooms.put("r" + i, random.next("r" + i));
    }
    sources.keepCorrect();
    sources.keepAccepted();
    return sources;
  }

  int correct() {
    return correct;
  }

  int accepted() {
    return rooms.size();
  }

  /** What is wrong may hide more until it is gone. */
  private void keepCorrect() {
    Set<String> wrong;
    do {
      wrong = new TreeSet<>();
      for (Diagnostic<? extends JavaFileObject> diagnostic : compile("-proc:none").diagnostics()) {
        if (diagnostic.getKind() != Diagnostic.Kind.NOTE) {
          wrong.add(room(diagnostic));
        }
      }
      rooms.keySet().removeAll(wrong);
    } while (!wrong.isEmpty());
    correct = rooms.size();
  }

  private void keepAccepted() {
    Set<String> refused = new TreeSet<>();
    for (Diagnostic<? extends JavaFileObject> diagnostic : compile("-proc:only").diagnostics()) {
      if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
        String message = diagnostic.getMessage(Locale.ROOT);
        assertTrue(REFUSAL.matcher(message).find(), () -> describe(room(diagnostic), message));
        refused.add(room(diagnostic));
      }
    }
    rooms.keySet().removeAll(refused);
  }

  /** Fails if a compiler has to say anything of what is generated. */
  void check(Path folder) throws IOException {
    for (Diagnostic<? extends JavaFileObject> diagnostic :
        compile("-implicit:class").diagnostics()) {
      assertEquals(
          Diagnostic.Kind.NOTE,
          diagnostic.getKind(),
          () -> describe(room(diagnostic), diagnostic.toString()));
    }
    // Names that any file system holds.
    List<TwoCompilers.Source> ascii = new ArrayList<>();
    for (Map<String, String> files : rooms.values()) {
      if (files.keySet().stream().allMatch(name -> name.matches("[.\\w$]*"))) {
        files.forEach(
            (name, text) ->
                ascii.add(new TwoCompilers.Source(name.replace('.', '/') + ".java", text)));
      }
    }
    TwoCompilers.Outcome eclipse = TwoCompilers.eclipse(folder, ascii);
    Set<String> written = TwoCompilers.javac(folder, ascii).generated().keySet();
    for (String file : written) {
      assertTrue(
          eclipse.generated().containsKey(file),
          () -> describe(room(file), "Eclipse's compiler generates nothing for " + file));
    }
    for (String complaint : eclipse.errors()) {
      throw new AssertionError(describe(room(complaint), "Eclipse: " + complaint));
    }
    for (String complaint : eclipse.warnings()) {
      // Only javac warns of a deprecated method that is overridden, so only it needs this.
      boolean needed =
          complaint.contains("Unnecessary @SuppressWarnings")
              && rooms.getOrDefault(room(complaint), Map.of()).values().stream()
                  .anyMatch(file -> file.contains("interface Api") && file.contains("@Deprecated"));
      if (needed) {
        continue;
      }
      throw new AssertionError(describe(room(complaint), "Eclipse: " + complaint));
    }
  }

  private Compilation compile(String option) {
    List<String> options = new ArrayList<>(OPTIONS);
    options.add(option);
    return Compiled.compile(
        options,
        rooms.values().stream()
            .flatMap(files -> files.entrySet().stream())
            .map(file -> JavaFileObjects.forSourceString(file.getKey(), file.getValue()))
            .toArray(JavaFileObject[]::new));
  }

  private static String room(Diagnostic<? extends JavaFileObject> diagnostic) {
    JavaFileObject source = diagnostic.getSource();
    return source == null ? "" : room(source.getName());
  }

  private static String room(String path) {
    Matcher room = ROOM.matcher(path);
    return room.find() ? room.group(1) : "";
  }

  private String describe(String room, String message) {
    StringBuilder text = new StringBuilder(description + ": " + message + "\n");
    rooms.getOrDefault(room, Map.of()).values().forEach(file -> text.append(file).append('\n'));
    return text.toString();
  }
}
