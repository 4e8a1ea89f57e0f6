package dev.bitfold.processor;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.Compiler;
import com.google.testing.compile.JavaFileObjects;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.annotation.processing.Processor;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;

/**
 * Many small cases compiled at once, each in a package of its own: nearly all of the time of a
 * short compilation goes into what javac reads before the first class.
 *
 * <p>Since the processor is isolating, a case gives what it gives alone. After an error, though,
 * javac runs no further round and looks into no method. So what has no error is compiled once more
 * without the rest, and what names a generated class, which is there in the second round only, is
 * compiled alone.
 */
final class Cases {
  private static final String PACKAGE = "com.acme";
  private static final Pattern NUMBER = Pattern.compile("com[./]acme[./]case(\\d+)[./]");
  private static final Pattern GENERATED = Pattern.compile("\\bQuantized\\w|\\wQuantizer\\b");

  private final List<String> options;
  private final Supplier<Processor> processor;
  private final List<List<JavaFileObject>> sources;

  private Cases(
      List<String> options, Supplier<Processor> processor, List<List<JavaFileObject>> sources) {
    this.options = options;
    this.processor = processor;
    this.sources = sources;
  }

  /**
   * Returns the diagnostics of each case.
   *
   * @param cases what a case consists of, in package {@code com.acme}; other packages are shared
   * @throws IllegalStateException if a diagnostic belongs to no case
   */
  static <K> Map<K, List<Diagnostic<? extends JavaFileObject>>> compile(
      List<String> options, Supplier<Processor> processor, Map<K, List<JavaFileObject>> cases)
      throws IOException {
    List<String> all = new ArrayList<>(options);
    all.addAll(List.of("-Xmaxerrs", "100000", "-Xmaxwarns", "100000"));
    Map<Integer, List<Diagnostic<? extends JavaFileObject>>> found =
        new Cases(all, processor, List.copyOf(cases.values())).compile();
    Map<K, List<Diagnostic<? extends JavaFileObject>>> diagnostics = new LinkedHashMap<>();
    for (K key : cases.keySet()) {
      diagnostics.put(key, found.getOrDefault(diagnostics.size(), List.of()));
    }
    return diagnostics;
  }

  private Map<Integer, List<Diagnostic<? extends JavaFileObject>>> compile() throws IOException {
    Map<Integer, List<Diagnostic<? extends JavaFileObject>>> found = new TreeMap<>();
    Set<Integer> together = new TreeSet<>();
    for (int i = 0; i < sources.size(); i++) {
      if (namesGenerated(sources.get(i))) {
        found.putAll(compile(Set.of(i)));
      } else {
        together.add(i);
      }
    }
    Set<Integer> wrong;
    do {
      Map<Integer, List<Diagnostic<? extends JavaFileObject>>> now = compile(together);
      found.keySet().removeAll(together);
      found.putAll(now);
      wrong = new TreeSet<>();
      for (Map.Entry<Integer, List<Diagnostic<? extends JavaFileObject>>> one : now.entrySet()) {
        if (one.getValue().stream().anyMatch(d -> d.getKind() == Diagnostic.Kind.ERROR)) {
          wrong.add(one.getKey());
        }
      }
      together.removeAll(wrong);
    } while (!wrong.isEmpty() && !together.isEmpty());
    return found;
  }

  private static boolean namesGenerated(List<JavaFileObject> sources) throws IOException {
    for (JavaFileObject source : sources) {
      if (GENERATED.matcher(source.getCharContent(false)).find()) {
        return true;
      }
    }
    return false;
  }

  private Map<Integer, List<Diagnostic<? extends JavaFileObject>>> compile(Set<Integer> cases)
      throws IOException {
    Map<String, JavaFileObject> files = new TreeMap<>();
    for (int i : cases) {
      for (JavaFileObject source : sources.get(i)) {
        String own = PACKAGE + ".case" + i;
        String name = source.getName().replaceFirst("^/", "").replaceFirst("\\.java$", "");
        String type = name.replace('/', '.').replace(PACKAGE + ".", own + ".");
        String text = source.getCharContent(false).toString();
        files.put(
            type,
            JavaFileObjects.forSourceString(
                type, text.replace("package " + PACKAGE + ";", "package " + own + ";")));
      }
    }
    Compilation compilation =
        Compiler.compiler(SharedFiles.JAVAC)
            .withClasspath(UsersClassPath.files())
            .withOptions(options)
            .withProcessors(processor.get())
            .compile(files.values());
    Map<Integer, List<Diagnostic<? extends JavaFileObject>>> diagnostics = new TreeMap<>();
    for (Diagnostic<? extends JavaFileObject> diagnostic : compilation.diagnostics()) {
      JavaFileObject source = diagnostic.getSource();
      Matcher number = NUMBER.matcher(source == null ? "" : source.getName());
      if (number.find()) {
        diagnostics
            .computeIfAbsent(Integer.valueOf(number.group(1)), i -> new ArrayList<>())
            .add(diagnostic);
      } else if (diagnostic.getKind() != Diagnostic.Kind.NOTE) {
        throw new IllegalStateException("of no case: " + diagnostic);
      }
    }
    return diagnostics;
  }
}
