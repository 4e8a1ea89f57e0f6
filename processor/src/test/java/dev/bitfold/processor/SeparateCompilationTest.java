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
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers in one jar, the model in another: QZ002, QZ078 and QZ079 among others. */
class SeparateCompilationTest {
  private static final String LAYERS =
      """
      package com.layers;
      import dev.bitfold.annotations.*;
      import org.nd4j.linalg.api.ndarray.INDArray;
      public interface Layer { INDArray forward(INDArray x); }
      """;
  private static final String LINEAR =
      """
      package com.layers;
      import dev.bitfold.annotations.*;
      import org.nd4j.linalg.api.ndarray.INDArray;
      @Int8 public class Linear implements Layer {
        @Weight(layout = "OI") private final INDArray weight;
        public Linear(INDArray weight) { this.weight = weight; }
        public INDArray weight() { return weight; }
        public INDArray forward(@Input INDArray x) { return x; }
      }
      """;
  private static final String DENSE =
      """
      package com.layers;
      import dev.bitfold.annotations.*;
      import org.nd4j.linalg.api.ndarray.INDArray;
      @Int8 public record Dense(@Weight(layout = "OI") INDArray weight) implements Layer {
        public INDArray forward(@Input INDArray x) { return x; }
      }
      """;

  private final Path folder;

  SeparateCompilationTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Compiles, and returns the errors. */
  private List<String> compile(String output, List<String> options, String... sources)
      throws IOException {
    Path classes = Files.createDirectories(folder.resolve(output));
    Path input = Files.createDirectories(folder.resolve(output + "-src"));
    List<Path> files = new ArrayList<>();
    for (String source : sources) {
      String name =
          source.startsWith("module")
              ? "module-info"
              : source.replaceFirst("(?s).*?(class|record|interface|@interface) (\\w+).*", "$2");
      Path file = input.resolve(name + ".java");
      Files.writeString(file, source, StandardCharsets.UTF_8);
      files.add(file);
    }
    List<String> all =
        new ArrayList<>(List.of("-d", classes.toString(), "-Xlint:all,-processing,-path"));
    all.addAll(options);
    if (!options.contains("-cp")) {
      all.addAll(
          List.of("-cp", folder.resolve("layers") + File.pathSeparator + UsersClassPath.text()));
    }
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              null, manager, diagnostics, all, null, manager.getJavaFileObjectsFromPaths(files));
      if (!options.contains("-proc:none")) {
        task.setProcessors(List.of(new BitfoldProcessor()));
      }
      task.call();
    }
    return diagnostics.getDiagnostics().stream()
        .filter(d -> d.getKind() != Diagnostic.Kind.NOTE)
        .map(d -> d.getLineNumber() + ":" + d.getColumnNumber() + ": " + d.getMessage(Locale.ROOT))
        .toList();
  }

  private static String model(String components) {
    return """
    package com.app;
    import com.layers.*;
    import dev.bitfold.annotations.*;
    @QuantizeModel record Net(%s) {}
    """
        .formatted(components);
  }

  @Test
  void wrappersOfAnotherPackageAndJarAreUsed() throws IOException {
    assertEquals(List.of(), compile("layers", List.of(), LAYERS, LINEAR, DENSE));
    assertEquals(
        List.of(),
        compile(
            "app",
            List.of(),
            model("Linear a, @Implementations({Linear.class, Dense.class}) Layer b")));
    assertTrue(Files.exists(folder.resolve("app/com/app/NetQuantizer.class")));
  }

  @Test
  void aFinalLayerOfAnotherJarNeedsItsInterface() throws IOException {
    assertEquals(List.of(), compile("layers", List.of(), LAYERS, LINEAR, DENSE));
    List<String> errors = compile("app", List.of(), model("Dense a"));
    assertEquals(1, errors.size(), errors.toString());
    assertTrue(errors.get(0).startsWith("4:33: [QZ076]"), errors.get(0));
  }

  @Test
  void aLayerWithoutItsWrapperIsAnError() throws IOException {
    assertEquals(List.of(), compile("layers", List.of("-proc:none"), LAYERS, LINEAR));
    List<String> errors = compile("app", List.of(), model("Linear a"));
    assertEquals(1, errors.size(), errors.toString());
    assertTrue(errors.get(0).startsWith("4:34: [QZ078]"), errors.get(0));
  }

  @Test
  void aWrapperOfAnotherVersionIsAnError() throws IOException {
    String wrapper =
        """
        package com.layers;
        @dev.bitfold.layer.GeneratedLayer(version = 7) public final class QuantizedLinear {}
        """;
    assertEquals(List.of(), compile("layers", List.of("-proc:none"), LAYERS, LINEAR, wrapper));
    List<String> errors = compile("app", List.of(), model("Linear a"));
    assertEquals(1, errors.size(), errors.toString());
    assertTrue(errors.get(0).startsWith("4:34: [QZ079]"), errors.get(0));
    assertTrue(errors.get(0).contains("version 7"), errors.get(0));
  }

  @Test
  void aMissingRuntimeIsAnError() throws IOException {
    List<String> errors =
        compile("layers", List.of("-cp", UsersClassPath.withoutRuntime()), LAYERS, LINEAR);
    assertEquals(1, errors.size(), errors.toString());
    assertTrue(errors.get(0).startsWith("4:14: [QZ002]"), errors.get(0));
  }

  @Test
  void theUnnamedPackageWorks() throws IOException {
    String source =
        """
        @dev.bitfold.annotations.Quantize(bits = 8)
        record Scale(
            @dev.bitfold.annotations.Weight org.nd4j.linalg.api.ndarray.INDArray weight) {}
        """;
    assertEquals(List.of(), compile("plain", List.of(), source));
    assertTrue(Files.exists(folder.resolve("plain/QuantizedScale.class")));
  }

  @Test
  void aProblemInOneClassLeavesOthersAlone() throws IOException {
    String bad = LINEAR.replace("@Int8", "@Quantize(bits = 99)");
    assertEquals(1, compile("layers", List.of(), LAYERS, bad, DENSE).size());
    assertTrue(Files.exists(folder.resolve("layers/com/layers/QuantizedDense.java")));
    assertTrue(Files.notExists(folder.resolve("layers/com/layers/QuantizedLinear.java")));
  }

  @Test
  void aComponentWhoseOwnWorldIsMissingIsPassedOn() throws IOException {
    String tokenizer =
        "package com.layers; public class Tokenizer extends Native {"
            + " private final Handle handle = null; }";
    String parent = "package com.layers; public class Native {}";
    String handle = "package com.layers; public class Handle { Missing missing; }";
    String missing = "package com.layers; public class Missing {}";
    assertEquals(
        List.of(),
        compile("layers", List.of(), LAYERS, LINEAR, tokenizer, parent, handle, missing));
    Files.delete(folder.resolve("layers/com/layers/Handle.class"));
    Files.delete(folder.resolve("layers/com/layers/Missing.class"));
    assertEquals(List.of(), compile("app", List.of(), model("Linear a, Tokenizer tokenizer")));
  }

  @Test
  void aClassFileThatHoldsLayersIsFound() throws IOException {
    String pair = "package com.layers; public class Pair { private java.util.List<Linear> both; }";
    assertEquals(List.of(), compile("layers", List.of(), LAYERS, LINEAR, pair));
    List<String> errors = compile("app", List.of(), model("Linear a, Pair pair"));
    assertEquals(1, errors.size(), errors.toString());
    assertTrue(errors.get(0).startsWith("4:42: [QZ075]"), errors.get(0));
  }

  @Test
  void aModuleThatDoesNotSeeGeneratedGetsNone() throws IOException {
    assertEquals(
        List.of(),
        compile(
            "module",
            List.of("--add-reads", "com.layers=ALL-UNNAMED"),
            "module com.layers {}",
            LAYERS,
            LINEAR));
    String generated = Files.readString(folder.resolve("module/com/layers/QuantizedLinear.java"));
    assertTrue(generated.contains("@GeneratedLayer(version"), generated);
    assertTrue(!generated.contains("@Generated("), generated);
  }

  @Test
  void twoCompilationsGiveTheSameText() throws IOException {
    assertEquals(List.of(), compile("layers", List.of(), LAYERS, LINEAR, DENSE));
    assertEquals(List.of(), compile("again", List.of(), DENSE, LINEAR, LAYERS));
    try (Stream<Path> sources = Files.walk(folder.resolve("layers"))) {
      for (Path file : sources.filter(f -> f.toString().endsWith(".java")).toList()) {
        Path other = folder.resolve("again").resolve(folder.resolve("layers").relativize(file));
        assertEquals(Files.readString(file), Files.readString(other));
      }
    }
  }
}
