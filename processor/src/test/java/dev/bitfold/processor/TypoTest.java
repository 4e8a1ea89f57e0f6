package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Block;
import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks typos in each element of each annotation, in every role and together with every other kind
 * of setting. Either the compiler refuses the typo, or the written value is in the generated
 * descriptor. Nothing that is written may be ignored silently.
 */
@Tag("slow")
@Tag("any-jdk")
class TypoTest {
  private static final List<Class<?>> ANNOTATIONS =
      List.of(
          Quantize.class,
          Block.class,
          Weight.class,
          Bias.class,
          Input.class,
          SmoothQuant.class,
          SmoothInto.class,
          Implementations.class);

  /** Values of {@code @Quantize}'s elements as somebody may mistype them; the first is right. */
  private static final Map<String, List<String>> VALUES = new TreeMap<>();

  static {
    VALUES.put("bits", List.of("4", "0", "-8", "88", "1", "{}", "{4, 33}", "{34}", "{3, 4, 1}"));
    VALUES.put("format", List.of("Format.NF4"));
    VALUES.put(
        "axis", List.of("0", "-1", "1", "2", "-4", "10", "{0, 0}", "{0, -2}", "{0, 1}", "{}"));
    VALUES.put(
        "per",
        List.of("\"O\"", "\"0\"", "\"o\"", "\"OO\"", "\"O,I\"", "\"T\"", "\"C\"", "\" \"", "\"\""));
    VALUES.put(
        "blockSizes",
        List.of(
            "@Block(size = 32)",
            "@Block(size = 0)",
            "@Block(size = -32)",
            "@Block(along = \"I\", size = 16)",
            "@Block(along = \"l\", size = 16)",
            "@Block(along = \"OI\", size = 16)",
            "@Block(along = \"C\", size = 16)",
            "@Block(axis = 5, size = 16)",
            "@Block(axis = 0, along = \"I\", size = 16)",
            "@Block(axis = -1, along = \"O\", size = 16)",
            "{@Block(size = 32), @Block(size = 16)}",
            "{@Block(axis = 1, size = 32), @Block(along = \"I\", size = 16)}",
            "{}"));
    VALUES.put("dynamic", List.of("true"));
    VALUES.put(
        "calib", List.of("Calib.PERCENTILE", "Calib.MSE", "Calib.ENTROPY", "Calib.MOVING_AVERAGE"));
    VALUES.put(
        "percentile",
        List.of("99.9", "9999", "0", "-99.9", "0.0 / 0", "100.01", "0.9999", "99.99"));
    VALUES.put("bins", List.of("4096", "0", "-2048", "2047", "20480000", "64", "2048"));
    VALUES.put("scaleBits", List.of("{8, 0}", "{4, 3}", "8", "0", "{0, 8}", "{3, 4}", "9", "{}"));
    VALUES.put(
        "scaleBlockSizes",
        List.of(
            "@Block(size = 256)", "@Block(size = 0)", "@Block(along = \"I\", size = 256)", "{}"));
    VALUES.put("scaleRule", List.of("ScaleRule.CEIL", "ScaleRule.FLUSH", "ScaleRule.RECIPROCAL"));
    VALUES.put("rounding", List.of("Rounding.HALF_AWAY", "Rounding.TOWARD_ZERO"));
    VALUES.put("unsigned", List.of("true"));
    VALUES.put("narrowRange", List.of("true"));
    VALUES.put("affine", List.of("true"));
    VALUES.put(
        "amax", List.of("3", "-3", "{1, 2}", "0.0 / 0", "1.0 / 0", "{}", "0", "1e-300", "1e300"));
    VALUES.put("scaleAmax", List.of("0.5", "-1", "0.0 / 0", "1.0 / 0", "0", "1e-300", "1e300"));
    VALUES.put("learnAmax", List.of("true"));
    VALUES.put("ste", List.of("Ste.LSQ", "Ste.PACT", "Ste.PASS_THROUGH"));
    VALUES.put("fakeQuant", List.of("false"));
    VALUES.put("name", List.of("\"w\"", "\" \"", "\"\""));
  }

  /** Those that generated code leaves out. */
  private static final Set<String> DEFAULTS = Set.of("2048", "99.99");

  /** What else the annotation may say. */
  private static final List<Map<String, String>> CONTEXTS =
      List.of(
          Map.of(),
          Map.of("calib", "Calib.PERCENTILE"),
          Map.of("calib", "Calib.MSE"),
          Map.of("blockSizes", "@Block(size = 32)"),
          Map.of("blockSizes", "@Block(size = 32)", "scaleBits", "{4, 3}"),
          Map.of("blockSizes", "@Block(size = 32)", "dynamic", "true", "scaleBits", "{8, 0}"),
          Map.of("dynamic", "true"),
          Map.of("bits", "{4, 3}"),
          Map.of("affine", "true"),
          Map.of("amax", "2"),
          Map.of("axis", "0"),
          Map.of("format", "Format.NF4"));

  private static final String LAYER =
      """
      class %s {
        @Weight(layout = "OI") final INDArray weight;
        %1$s(INDArray weight) { this.weight = weight; }
        public INDArray forward(@Input(layout = "NTC") INDArray x) { return x; }
      }
      """;

  /** A class with what was written into it. */
  private record Case(String name, String written, String expected, String source) {}

  private final Path folder;

  TypoTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void everyElementHasValuesToTry() {
    Set<String> elements =
        Arrays.stream(Quantize.class.getDeclaredMethods())
            .map(Method::getName)
            .filter(name -> !name.equals("role"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(elements, VALUES.keySet());
  }

  @Test
  void aMistypedValueIsRefusedOrStandsInTheDescriptor() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (String role : List.of("WEIGHT", "INPUT", "OUTPUT")) {
      for (Map<String, String> context : CONTEXTS) {
        VALUES.forEach(
            (element, values) -> {
              if (!context.containsKey(element)) {
                values.forEach(value -> cases.add(quantize(cases, role, context, element, value)));
              }
            });
      }
    }
    int[] counts = check(cases);
    assertTrue(counts[0] > 100, counts[0] + " compile");
    assertTrue(counts[1] > 500, counts[1] + " are refused");
  }

  private static Case quantize(
      List<Case> cases, String role, Map<String, String> context, String element, String value) {
    Map<String, String> elements = new TreeMap<>(context);
    elements.put(element, value);
    String name = "Case" + cases.size();
    String written =
        "@Quantize(role = Role."
            + role
            + ", "
            + elements.entrySet().stream()
                .map(e -> e.getKey() + " = " + e.getValue())
                .collect(Collectors.joining(", "))
            + ")";
    return new Case(
        name,
        written,
        DEFAULTS.contains(value) ? "" : "." + element + "(",
        written + "\n" + LAYER.formatted(name));
  }

  @Test
  void aMistypedLayoutOrAlphaIsRefusedOrStandsInTheType() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (String layout :
        List.of(
            "OI", "IO", "0I", "oi", "O I", "OO", "O…", "OI…", "…OI", "....I", "I", "X", "O,I")) {
      for (String kind : List.of("Weight", "Bias")) {
        String name = "Case" + cases.size();
        String written = "@" + kind + "(layout = \"" + layout + "\") ";
        cases.add(
            new Case(
                name,
                written,
                "(\"tensor\", \"" + layout.replace("…", "...") + "\"",
                "record " + name + "(" + written + "INDArray tensor) {}"));
      }
      String name = "Case" + cases.size();
      String written = "@Input(layout = \"" + layout + "\") ";
      cases.add(
          new Case(
              name,
              written,
              "(\"x\", \"" + layout.replace("…", "...") + "\"",
              LAYER.formatted(name).replace("@Input(layout = \"NTC\") ", written)));
    }
    for (String alpha : List.of("0.5", "5", "-0.5", "1.01", "1.0 / 0", "Double.MAX_VALUE")) {
      String name = "Case" + cases.size();
      String written = "@Int8 @SmoothQuant(alpha = " + alpha + ")";
      cases.add(
          new Case(
              name,
              written,
              ".smoothQuant(" + alpha + ")",
              written + "\n" + LAYER.formatted(name)));
    }
    int[] counts = check(cases);
    assertTrue(counts[0] >= 8 && counts[1] >= 12, Arrays.toString(counts));
  }

  /** Compiles all; returns how many compile and how many are refused. */
  private int[] check(List<Case> cases) throws IOException {
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              null,
              files,
              diagnostics,
              List.of("-proc:only", "-Xmaxerrs", "100000", "-s", folder.toString()),
              null,
              cases.stream().map(one -> Compiled.source(one.name(), one.source())).toList());
      task.setProcessors(List.of(new BitfoldProcessor()));
      task.call();
    }
    Map<String, String> errors = new LinkedHashMap<>();
    for (Diagnostic<? extends JavaFileObject> diagnostic : diagnostics.getDiagnostics()) {
      if (diagnostic.getKind() == Diagnostic.Kind.ERROR) {
        String message = diagnostic.getMessage(Locale.ROOT);
        String file = diagnostic.getSource() == null ? "" : diagnostic.getSource().getName();
        String name = file.substring(file.lastIndexOf('/') + 1).replace(".java", "");
        assertTrue(message.matches("(?s)\\[QZ(?!001)\\d{3}] .*"), name + ": " + message);
        errors.put(name, message);
      }
    }
    Map<String, String> generated = new LinkedHashMap<>();
    for (Case one : cases) {
      Path file = folder.resolve("com/acme/Quantized" + one.name() + ".java");
      if (Files.exists(file)) {
        generated.put(one.name(), Files.readString(file, StandardCharsets.UTF_8));
      }
    }
    List<String> silent = new ArrayList<>();
    for (Case one : cases) {
      String text = generated.get(one.name());
      assertEquals(text == null, errors.containsKey(one.name()), one.written());
      if (text != null && !text.contains(one.expected())) {
        silent.add(one.written());
      }
    }
    assertEquals("", String.join("\n", silent), "written, accepted, and dropped");
    return new int[] {generated.size(), errors.size()};
  }

  @Test
  void aMistypedNameIsRefusedByTheCompilerItself() {
    List<String> lines = new ArrayList<>();
    for (Class<?> annotation : ANNOTATIONS) {
      String name = annotation.getSimpleName();
      lines.add("@" + typo(name) + " class Case" + lines.size() + " {}");
      List<Method> elements = new ArrayList<>(List.of(annotation.getDeclaredMethods()));
      elements.sort(Comparator.comparing(Method::getName));
      for (Method element : elements) {
        String use = "@" + name + "(" + typo(element.getName()) + " = 1)";
        String nested = annotation == Block.class ? "@Quantize(blockSizes = " + use + ")" : use;
        lines.add("class Case" + lines.size() + " { " + nested + " Object field; }");
      }
    }
    Compilation compilation =
        Compiled.compile(
            List.of("-Xmaxerrs", "100000"), Compiled.source("Example", String.join("\n", lines)));
    Set<Long> refused =
        compilation.diagnostics().stream()
            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
            .map(d -> d.getLineNumber() - 2)
            .collect(Collectors.toCollection(TreeSet::new));
    for (int i = 0; i < lines.size(); i++) {
      assertTrue(refused.contains((long) i), lines.get(i));
    }
  }

  /** Two letters change places. */
  private static String typo(String name) {
    return name.charAt(1) + name.substring(0, 1) + name.substring(2);
  }
}
