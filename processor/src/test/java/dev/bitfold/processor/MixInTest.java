package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A class of another jar that gets its annotations from a mix-in gives the text that the annotated
 * class gives, but for the package. The mix-in has the name of the class here, so that even the
 * line breaks are the same.
 */
class MixInTest {
  private static final String ANNOTATION = "@\\w+(\\((?:[^()]|\\([^()]*\\))*\\))? ";
  private static final String API =
      "package com.vendor; import org.nd4j.linalg.api.ndarray.INDArray;"
          + " public interface Api { INDArray forward(INDArray x); int size(); }";
  private static final String IMPORTS =
      "import dev.bitfold.annotations.*; import dev.bitfold.layer.Gradients; import java.util.*;"
          + " import org.nd4j.autodiff.samediff.SDVariable;"
          + " import org.nd4j.linalg.api.ndarray.INDArray;\n";

  private final Path folder;

  MixInTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /**
   * A class with its annotations, and the mix-in that repeats them.
   *
   * @param name what is special about the class
   * @param annotated the class
   * @param mixIn what stands before and after the name of the mix-in
   */
  record Shape(String name, String annotated, String mixIn) {
    String plain() {
      return annotated.replaceAll(ANNOTATION, "");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Shape> shapes() {
    return List.of(
        new Shape(
            "open class",
            """
            @Int8SmoothQuant public class Layer {
              @Weight(layout = "OI") private final INDArray weight;
              @Bias(layout = "O") private final INDArray bias;
              private final double slope;
              public Layer(INDArray weight, INDArray bias, double slope) {
                this.weight = weight; this.bias = bias; this.slope = slope;
              }
              public INDArray weight() { return weight; }
              public INDArray getBias() { return bias; }
              public double slope() { return slope; }
              public INDArray forward(@Input(layout = "NC") INDArray x) { return x; }
            }
            """,
            """
            @Int8SmoothQuant @QuantizeFor(com.vendor.Layer.class) public abstract class Layer {
              @Weight(layout = "OI") INDArray weight;
              @Bias(layout = "O") INDArray bias;
              abstract INDArray forward(@Input(layout = "NC") INDArray x);
            }
            """),
        new Shape(
            "record",
            """
            @Int8 public record Layer(@Weight(layout = "IO") INDArray weight, int size)
                implements Api {
              public INDArray forward(@Input(layout = "NC") INDArray x) { return x; }
            }
            """,
            """
            @Int8 @QuantizeFor(com.vendor.Layer.class) public interface Layer {
              @Weight(layout = "IO") INDArray weight();
              INDArray forward(@Input(layout = "NC") INDArray x);
            }
            """),
        new Shape(
            "final class with an interface",
            """
            @Int8Dynamic @Quantize(role = Role.OUTPUT, bits = 8) public final class Layer
                implements Api {
              @Weight(layout = "OI") private final INDArray weight;
              public Layer(INDArray weight) { this.weight = weight; }
              public INDArray weight() { return weight; }
              @Override public int size() { return 3; }
              public INDArray forward(@Input(layout = "NC") INDArray x) { return x; }
            }
            """,
            """
            @Int8Dynamic @Quantize(role = Role.OUTPUT, bits = 8)
            @QuantizeFor(com.vendor.Layer.class) public interface Layer {
              @Weight(layout = "OI") INDArray weight();
              INDArray forward(@Input(layout = "NC") INDArray x);
            }
            """),
        new Shape(
            "final class without an interface, weights only",
            """
            @Quantize(bits = 4) public final class Layer {
              @Weight public final INDArray weight;
              public Layer(INDArray weight) { this.weight = weight; }
              public INDArray forward(INDArray x) { return x; }
            }
            """,
            """
            @Quantize(bits = 4) @QuantizeFor(com.vendor.Layer.class) public interface Layer {
              @Weight INDArray weight();
            }
            """),
        new Shape(
            "quantizers on members and constructor parameters",
            """
            public class Layer {
              @Weight(layout = "OI") private final INDArray weight;
              public Layer(int rows) { this(null, rows, "a"); }
              @QuantizeCreator public Layer(
                  @Quantize(bits = 4, per = "O") INDArray weight, int rows, String name)
                  throws java.io.IOException {
                this.weight = weight;
              }
              private Layer(INDArray weight, int rows, Object other) { this.weight = weight; }
              public INDArray weight() { return weight; }
              public int rows() { return 2; }
              public String name() { return "a"; }
              public INDArray forward(@Input @Quantize(bits = 8) INDArray x, boolean training) {
                return x;
              }
            }
            """
                .replace("this(null, rows, \"a\")", "this(null, rows, (Object) \"a\")"),
            """
            @QuantizeFor(com.vendor.Layer.class) public abstract class Layer {
              @Weight(layout = "OI") INDArray weight;
              @QuantizeCreator Layer(
                  @Quantize(bits = 4, per = "O") INDArray weight, int rows, String name) {}
              abstract INDArray forward(@Input @Quantize(bits = 8) INDArray x, boolean training);
            }
            """),
        new Shape(
            "lists and arrays of weights",
            """
            @Int8 public class Layer {
              @Weight(layout = "OI") private final List<INDArray> experts;
              @Weight(layout = "O") private final INDArray[] gains;
              public Layer(List<INDArray> experts, INDArray[] gains) {
                this.experts = experts; this.gains = gains;
              }
              public List<INDArray> experts() { return experts; }
              public INDArray[] gains() { return gains; }
              public INDArray forward(@Input(layout = "…C") INDArray x) { return x; }
            }
            """,
            """
            @Int8 @QuantizeFor(com.vendor.Layer.class) public abstract class Layer {
              @Weight(layout = "OI") List<INDArray> experts;
              @Weight(layout = "O") INDArray[] gains;
              abstract INDArray forward(@Input(layout = "…C") INDArray x);
            }
            """),
        new Shape(
            "a generic method",
            """
            @Int8 public class Layer {
              @Weight(layout = "IO") public final INDArray weight;
              public Layer(INDArray weight) { this.weight = weight; }
              public <S extends Comparable<S> & Runnable> int[] forward(
                  @Input INDArray x, List<S> keys, long[] sizes) throws java.io.IOException {
                return null;
              }
            }
            """,
            """
            @Int8 @QuantizeFor(com.vendor.Layer.class) public abstract class Layer {
              @Weight(layout = "IO") INDArray weight;
              abstract <T extends Comparable<T> & Runnable> int[] forward(
                  @Input INDArray x, List<T> keys, long[] sizes);
            }
            """),
        new Shape(
            "variables of a graph",
            """
            @Quantize(bits = 8) public class Layer {
              @Weight(layout = "IO") private final SDVariable weight;
              public Layer(SDVariable weight) { this.weight = weight; }
              public SDVariable weight() { return weight; }
              public SDVariable forward(@Input SDVariable x) { return x; }
            }
            """,
            """
            @Quantize(bits = 8) @QuantizeFor(com.vendor.Layer.class) public interface Layer {
              @Weight(layout = "IO") SDVariable weight();
              SDVariable forward(@Input SDVariable x);
            }
            """),
        new Shape(
            "backward",
            """
            @Int8 public class Layer {
              @Weight(layout = "IO") public final INDArray weight;
              public Layer(INDArray weight) { this.weight = weight; }
              public INDArray forward(@Input(layout = "NC") INDArray x) { return x; }
              public Gradients backward(INDArray x, INDArray gradient) {
                return Gradients.of(gradient);
              }
            }
            """,
            """
            @Int8 @QuantizeFor(com.vendor.Layer.class) public interface Layer {
              @Weight(layout = "IO") INDArray weight();
              INDArray forward(@Input(layout = "NC") INDArray x);
            }
            """),
        new Shape(
            "members of a generic superclass, and a quantizer on a member",
            """
            @Quantize(role = Role.INPUT, bits = 8) public class Layer extends Base<INDArray> {
              public Layer(INDArray held) { super(held); }
              @Weight(layout = "IO") @Quantize(bits = 8) @Override public INDArray held() { return super.held(); }
              public INDArray forward(@Input(layout = "NC") INDArray x) { return x; }
            }
            class Base<T> {
              private final T held;
              Base(T held) { this.held = held; }
              public T held() { return held; }
            }
            """,
            """
            @Quantize(role = Role.INPUT, bits = 8) @QuantizeFor(com.vendor.Layer.class)
            public interface Layer {
              @Weight(layout = "IO") @Quantize(bits = 8) INDArray held();
              INDArray forward(@Input(layout = "NC") INDArray x);
            }
            """));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givesTheTextOfTheAnnotatedClass(Shape shape) throws IOException {
    String annotated = file(shape.annotated());
    assertEquals(List.of(), compile("annotated", List.of(), true, API, annotated));
    assertEquals(List.of(), compile("jar", List.of("-g"), false, API, file(shape.plain())));
    assertEquals(List.of(), compile("mixed", List.of(), true, mixIn(shape.mixIn())));
    assertEquals(generated("annotated", "com/vendor"), generated("mixed", "com/acme"));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givesTheSameTextIfBothAreCompiledAtOnce(Shape shape) throws IOException {
    assertEquals(List.of(), compile("annotated", List.of(), true, API, file(shape.annotated())));
    assertEquals(
        List.of(),
        compile("mixed", List.of(), true, API, file(shape.plain()), mixIn(shape.mixIn())));
    assertEquals(generated("annotated", "com/vendor"), generated("mixed", "com/acme"));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void givesTheSameTextInEclipsesCompiler(Shape shape) throws IOException {
    assertEquals(List.of(), compile("annotated", List.of(), true, API, file(shape.annotated())));
    TwoCompilers.Outcome outcome =
        TwoCompilers.eclipse(
            folder.resolve("eclipse"),
            List.of(
                new TwoCompilers.Source("com/vendor/Api.java", API),
                new TwoCompilers.Source("com/vendor/Layer.java", file(shape.plain())),
                new TwoCompilers.Source("com/acme/Layer.java", mixIn(shape.mixIn()))));
    assertEquals(List.of(), outcome.errors());
    assertEquals(
        generated("annotated", "com/vendor"),
        withoutPackages(String.valueOf(outcome.generated().get("com/acme/QuantizedLayer.java"))));
  }

  private static String file(String type) {
    return "package com.vendor;\n" + IMPORTS + type;
  }

  private static String mixIn(String type) {
    return "package com.acme;\n" + IMPORTS + type;
  }

  /** The generated file without what names the packages. */
  private String generated(String output, String room) throws IOException {
    String text =
        Files.readString(folder.resolve(output).resolve(room).resolve("QuantizedLayer.java"));
    return withoutPackages(text);
  }

  private static String withoutPackages(String text) {
    return text.lines()
        .filter(line -> !line.matches("(package|import) .*|// Generated by .*"))
        .collect(Collectors.joining("\n"));
  }

  /** Compiles with what is in the folder jar on the class path, and returns the complaints. */
  private List<String> compile(
      String output, List<String> options, boolean process, String... sources) throws IOException {
    Path classes = Files.createDirectories(folder.resolve(output));
    List<Path> files = new ArrayList<>();
    for (String source : sources) {
      String room = source.replaceFirst("(?s)package ([\\w.]+);.*", "$1").replace('.', '/');
      String name = source.replaceFirst("(?s).*?(class|record|interface) (\\w+).*", "$2");
      Path file = folder.resolve(output + "-src").resolve(room).resolve(name + ".java");
      Files.createDirectories(file.getParent());
      files.add(Files.writeString(file, source, StandardCharsets.UTF_8));
    }
    List<String> all = new ArrayList<>(options);
    String path = folder.resolve("jar") + File.pathSeparator + UsersClassPath.text();
    all.addAll(List.of("-d", classes.toString(), "-cp", path, "-Xlint:-processing"));
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              null, manager, diagnostics, all, null, manager.getJavaFileObjectsFromPaths(files));
      task.setProcessors(process ? List.of(new BitfoldProcessor()) : List.of());
      task.call();
    }
    return diagnostics.getDiagnostics().stream()
        .filter(d -> d.getKind() != Diagnostic.Kind.NOTE)
        .map(d -> d.getLineNumber() + ":" + d.getColumnNumber() + ": " + d.getMessage(Locale.ROOT))
        .toList();
  }

  private static final String DENSE =
      """
      package com.vendor;
      import org.nd4j.linalg.api.ndarray.INDArray;
      public class Dense {
        private final INDArray weight;
        public Dense(INDArray weight) { this.weight = weight; }
        public INDArray weight() { return weight; }
        public INDArray forward(INDArray x) { return x.mmul(weight); }
      }
      """;
  private static final String DENSE_MIX_IN =
      """
      package com.acme;
      import dev.bitfold.annotations.*;
      import org.nd4j.linalg.api.ndarray.INDArray;
      @Int8
      @QuantizeFor(com.vendor.Dense.class)
      public interface DenseMixIn {
        @Weight(layout = "IO") INDArray weight();
        INDArray forward(@Input(layout = "NC") INDArray x);
      }
      """;

  /** Compiles a mix-in of a class as its jar has it, and returns the only complaint. */
  private String complaint(String ofJar, String mixIn) throws IOException {
    assertEquals(List.of(), compile("jar", List.of("-g"), false, ofJar));
    List<String> complaints = compile("mixed", List.of(), true, mixIn);
    assertEquals(1, complaints.size(), complaints.toString());
    return complaints.get(0);
  }

  @Test
  void aChangedClassIsAnErrorAtTheMixIn() throws IOException {
    String renamed = complaint(DENSE.replace("weight", "kernel"), DENSE_MIX_IN);
    assertTrue(renamed.startsWith("7:35: [QZ093] weight() of mix-in DenseMixIn"), renamed);
    String retyped =
        complaint(
            DENSE.replace("INDArray x", "INDArray[] x").replace("x.mmul", "x[0].mmul"),
            DENSE_MIX_IN);
    assertTrue(retyped.startsWith("8:12: [QZ093] forward(INDArray) of mix-in"), retyped);
    assertTrue(retyped.contains("it has INDArray forward(INDArray[])"), retyped);
  }

  @Test
  void whatIsWrongWithTheClassIsAnErrorAtTheMixIn() throws IOException {
    String hidden = complaint(DENSE.replace("public Dense(", "private Dense("), DENSE_MIX_IN);
    assertTrue(hidden.startsWith("6:8: [QZ020] there is no way to rebuild Dense"), hidden);
    assertTrue(hidden.contains("no constructor that package com.acme can call"), hidden);
    assertTrue(hidden.contains("if Dense cannot be changed"), hidden);
    String notPublic = complaint(DENSE.replace("public Dense(", "Dense("), DENSE_MIX_IN);
    assertTrue(notPublic.startsWith("6:8: [QZ020]"), notPublic);
    String isFinal = complaint(DENSE.replace("public class", "public final class"), DENSE_MIX_IN);
    assertTrue(isFinal.startsWith("6:8: [QZ016]"), isFinal);
    String unreachable = complaint(DENSE.replace("public INDArray f", "INDArray f"), DENSE_MIX_IN);
    assertTrue(unreachable.startsWith("8:12: [QZ061]"), unreachable);
    assertTrue(unreachable.contains("package-private in com.vendor"), unreachable);
    String fixed =
        complaint(DENSE.replace("public INDArray f", "public final INDArray f"), DENSE_MIX_IN);
    assertTrue(fixed.startsWith("8:12: [QZ060]"), fixed);
  }

  /** The compiler itself says it, so Bitfold adds nothing. */
  @Test
  void aClassThatIsNotOnThePathIsAnErrorAtTheMixIn() throws IOException {
    List<String> complaints = compile("mixed", List.of(), true, DENSE_MIX_IN);
    assertEquals(List.of("5:24: package com.vendor does not exist"), complaints);
  }

  @Test
  void aClassThatItsPackageHidesIsAnErrorAtTheMixIn() throws IOException {
    String hidden = complaint(DENSE.replace("public class", "class"), DENSE_MIX_IN);
    assertTrue(hidden.contains("Dense is not public"), hidden);
  }

  /** Class files need not tell the names of parameters; a constructor of the mix-in does. */
  @Test
  void aMixInNamesTheParametersThatAJarDoesNot() throws IOException {
    assertEquals(List.of(), compile("jar", List.of("-g:none"), false, DENSE));
    List<String> complaints = compile("mixed", List.of(), true, DENSE_MIX_IN);
    assertEquals(1, complaints.size(), complaints.toString());
    assertTrue(complaints.get(0).startsWith("6:8: [QZ022]"), complaints.toString());
    String line = "abstract class, and add: DenseMixIn(INDArray arg0) {}";
    assertTrue(complaints.get(0).contains(line), complaints.toString());
    String named =
        DENSE_MIX_IN
            .replace(
                "interface DenseMixIn {",
                "abstract class DenseMixIn { DenseMixIn(INDArray weight) {}")
            .replace("INDArray weight();", "INDArray weight;")
            .replace("INDArray forward", "abstract INDArray forward");
    assertEquals(List.of(), compile("mixed", List.of(), true, named));
  }

  /** A library may bring the mix-ins; then the model finds what was generated for them there. */
  @Test
  void mixInsOfAnotherJarAreUsed() throws IOException {
    String model =
        "package com.acme; import com.vendor.Dense; import dev.bitfold.annotations.*;"
            + " @QuantizeModel(mixIns = com.mix.DenseMixIn.class) record Net(Dense a,"
            + " java.util.List<Dense> b) {}";
    String mixIn = DENSE_MIX_IN.replace("com.acme", "com.mix");
    assertEquals(List.of(), compile("jar", List.of("-g"), true, DENSE, mixIn));
    assertEquals(List.of(), compile("app", List.of(), true, model));
    assertTrue(Files.exists(folder.resolve("app/com/acme/NetQuantizer.class")));
    Files.delete(folder.resolve("jar/com/mix/QuantizedDenseMixIn.class"));
    Files.delete(folder.resolve("jar/com/mix/QuantizedDenseMixIn.java"));
    List<String> complaints = compile("app", List.of(), true, model);
    assertEquals(2, complaints.size(), complaints.toString());
    assertTrue(complaints.stream().allMatch(c -> c.contains("[QZ078]")), complaints.toString());
  }

  /** Another model may treat the same class in another way, or leave it float. */
  @Test
  void aMixInCountsOnlyWhereItIsListed() throws IOException {
    assertEquals(List.of(), compile("jar", List.of("-g"), false, DENSE));
    String other =
        "package com.acme; import com.vendor.Dense; import dev.bitfold.annotations.*;"
            + " @QuantizeModel record Net(Dense a, @SkipQuantize Dense b) {}";
    List<String> complaints = compile("mixed", List.of(), true, DENSE_MIX_IN, other);
    assertEquals(1, complaints.size(), complaints.toString());
    assertTrue(complaints.get(0).contains("[QZ087]"), complaints.toString());
    assertTrue(complaints.get(0).contains("@QuantizeFor(Dense.class)"), complaints.toString());
  }
}
