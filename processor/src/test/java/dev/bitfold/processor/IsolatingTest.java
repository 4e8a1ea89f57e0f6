package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.Filer;
import javax.annotation.processing.ProcessingEnvironment;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks the properties that Gradle expects of an isolating processor. Each generated file has one
 * originating class. Compiling that class alone, with all others as class files, writes the same
 * text again. The resulting classes need no reflection, so they fit a native image unchanged.
 */
@Tag("slow")
class IsolatingTest {
  /** The classes of all shapes: each shape is compiled as a whole once for all tests. */
  @TempDir static Path folder = Path.of("");

  private static final Map<String, Whole> WHOLES = new TreeMap<>();

  /**
   * A shape that was compiled.
   *
   * @param output the classes and what was generated
   * @param origins the originating elements of each generated file
   */
  private record Whole(List<Path> files, Path output, Map<String, List<String>> origins) {}

  static List<String> shapes() throws IOException {
    return GoldenTest.shapes();
  }

  private static Whole whole(String shape) throws IOException {
    Whole known = WHOLES.get(shape);
    if (known != null) {
      return known;
    }
    Path sources = Files.createDirectories(folder.resolve(shape).resolve("src"));
    List<Path> files = new ArrayList<>();
    for (Map.Entry<String, String> input : GoldenTest.input(shape).entrySet()) {
      files.add(Files.writeString(sources.resolve(input.getKey()), input.getValue()));
    }
    Path output = Files.createDirectories(folder.resolve(shape).resolve("all"));
    Whole whole = new Whole(files, output, compile(output, List.of(), files));
    WHOLES.put(shape, whole);
    return whole;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void aClassCompiledAloneGivesTheSameText(String shape) throws IOException {
    Whole whole = whole(shape);
    assertEquals(GoldenTest.output(shape), generated(whole.output()));
    Map<String, String> alone = new TreeMap<>();
    for (Path file : whole.files()) {
      String name = file.getFileName().toString();
      Path again = folder.resolve(shape).resolve(name.replace(".java", "-alone"));
      compile(Files.createDirectories(again), List.of(whole.output()), List.of(file));
      alone.putAll(generated(again));
    }
    assertEquals(GoldenTest.output(shape), alone);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void eachGeneratedFileHasOneOriginatingClassOfItsOwnSource(String shape) throws IOException {
    Map<String, List<String>> origins = whole(shape).origins();
    assertEquals(GoldenTest.output(shape).size(), origins.size());
    origins.forEach(
        (file, of) -> {
          assertEquals(1, of.size(), file + " comes of " + of);
          String origin = of.get(0).replace("com.acme.", "").replace('.', '_');
          assertEquals(
              Set.of("Quantized" + origin, origin + "Quantizer", origin + "Recipe").stream()
                  .filter(name -> file.equals("com.acme." + name))
                  .count(),
              1,
              file + " comes of " + of);
        });
  }

  @Test
  void gradleIsTold() throws IOException {
    assertEquals(
        "dev.bitfold.processor.BitfoldProcessor,isolating",
        Files.readString(
                Path.of("src/main/resources/META-INF/gradle/incremental.annotation.processors"))
            .strip());
  }

  @Test
  void generatedClassesUseNoReflection() throws IOException {
    List<Path> outputs = new ArrayList<>();
    for (String shape : shapes()) {
      outputs.add(whole(shape).output());
    }
    var classes = new ClassFileImporter().importPaths(outputs);
    assertFalse(classes.isEmpty());
    ArchRuleDefinition.noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.lang.reflect..", "sun..", "jdk.internal..")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.lang.invoke.MethodHandles")
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.util.ServiceLoader")
        .orShould()
        .callMethod(Class.class, "forName", String.class)
        .orShould()
        .callMethod(Class.class, "forName", String.class, boolean.class, ClassLoader.class)
        .orShould()
        .callMethod(Class.class, "getResourceAsStream", String.class)
        .check(classes);
  }

  /** Compiles without an error; returns the originating elements of each generated file. */
  private static Map<String, List<String>> compile(
      Path output, List<Path> classPath, List<Path> files) throws IOException {
    Recording recording = new Recording();
    String path =
        Stream.concat(classPath.stream().map(Path::toString), Stream.of(UsersClassPath.text()))
            .collect(Collectors.joining(File.pathSeparator));
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              null,
              manager,
              diagnostics,
              List.of("-d", output.toString(), "-cp", path, "-implicit:none"),
              null,
              manager.getJavaFileObjectsFromPaths(files));
      task.setProcessors(List.of(recording));
      task.call();
    }
    assertEquals(
        List.of(),
        diagnostics.getDiagnostics().stream()
            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
            .map(d -> d.getMessage(Locale.ROOT))
            .toList());
    return recording.origins;
  }

  private static Map<String, String> generated(Path folder) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        texts.put(file.getFileName().toString(), Files.readString(file));
      }
    }
    return texts;
  }

  /** The processor with a filer that notes originating elements. */
  @SupportedAnnotationTypes("*")
  private static final class Recording extends AbstractProcessor {
    private final Map<String, List<String>> origins = new TreeMap<>();
    private final BitfoldProcessor processor = new BitfoldProcessor();

    @Override
    public SourceVersion getSupportedSourceVersion() {
      return SourceVersion.latestSupported();
    }

    @Override
    public synchronized void init(ProcessingEnvironment environment) {
      super.init(environment);
      Filer filer =
          proxy(
              Filer.class,
              environment.getFiler(),
              (method, arguments) -> {
                if (method.startsWith("create")) {
                  Element[] elements = (Element[]) arguments[arguments.length - 1];
                  origins.put(
                      arguments[0].toString(),
                      Arrays.stream(elements).map(Object::toString).toList());
                }
                return null;
              });
      processor.init(
          proxy(
              ProcessingEnvironment.class,
              environment,
              (method, arguments) -> method.equals("getFiler") ? filer : null));
    }

    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
      processor.process(annotations, round);
      return false;
    }
  }

  private interface Answer {
    /** What to return in place of the real answer; null to ask for that. */
    @org.jspecify.annotations.Nullable
    Object to(String method, Object[] arguments);
  }

  private static <T> T proxy(Class<T> type, T real, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              Object own = answer.to(method.getName(), arguments);
              if (own != null) {
                return own;
              }
              try {
                return method.invoke(real, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
