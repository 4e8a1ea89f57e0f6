package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.JavaFileObjects;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is generated, text for text: {@code golden/<shape>/input/*.java} gives exactly {@code
 * golden/<shape>/output/*.java}. With {@code -Dupdate.goldens} the outputs are rewritten.
 */
class GoldenTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  static List<String> shapes() throws IOException {
    try (Stream<Path> shapes = Files.list(GOLDEN)) {
      return shapes.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void generatesTheGoldenText(String shape) throws IOException {
    Map<String, String> generated = generate(shape);
    if (System.getProperty("update.goldens") != null) {
      update(GOLDEN.resolve(shape).resolve("output"), generated);
    }
    assertEquals(output(shape), generated);
  }

  /** The sources of a shape by file name. */
  static Map<String, String> input(String shape) throws IOException {
    return read(GOLDEN.resolve(shape).resolve("input"));
  }

  /** What is generated for a shape by file name. */
  static Map<String, String> output(String shape) throws IOException {
    return read(GOLDEN.resolve(shape).resolve("output"));
  }

  private static Map<String, String> generate(String shape) throws IOException {
    List<JavaFileObject> inputs =
        input(shape).entrySet().stream()
            .map(
                e ->
                    JavaFileObjects.forSourceString(
                        "com.acme." + e.getKey().replace(".java", ""), e.getValue()))
            .toList();
    Compilation compilation = Compiled.compile(inputs.toArray(new JavaFileObject[0]));
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR));
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.WARNING));
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.MANDATORY_WARNING));
    Map<String, String> generated = new TreeMap<>();
    for (JavaFileObject file : compilation.generatedSourceFiles()) {
      String name = file.getName();
      generated.put(
          name.substring(name.lastIndexOf('/') + 1), file.getCharContent(false).toString());
    }
    assertFalse(generated.isEmpty());
    return generated;
  }

  private static Map<String, String> read(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return Map.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.collect(
          Collectors.toMap(
              p -> p.getFileName().toString(), GoldenTest::text, (a, b) -> a, TreeMap::new));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static void update(Path output, Map<String, String> generated) throws IOException {
    Files.createDirectories(output);
    try (Stream<Path> old = Files.list(output)) {
      for (Path file : old.toList()) {
        Files.delete(file);
      }
    }
    for (Map.Entry<String, String> file : generated.entrySet()) {
      Files.writeString(output.resolve(file.getKey()), file.getValue(), StandardCharsets.UTF_8);
    }
  }
}
