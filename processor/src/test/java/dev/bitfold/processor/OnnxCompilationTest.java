package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.internal.graph.OnnxStructure;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.eclipse.jdt.internal.compiler.tool.EclipseCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Where both compilers find ONNX files, and what they leave to the runtime. */
class OnnxCompilationTest {
  private final Path folder;

  OnnxCompilationTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static List<JavaCompiler> compilers() {
    return List.of(ToolProvider.getSystemJavaCompiler(), new EclipseCompiler());
  }

  private static final String ENCODER = "@QuantizeOnnx(\"encoder.onnx\") interface Encoder {}";

  @ParameterizedTest
  @MethodSource("compilers")
  void aFileIsFoundInTheClassOutput(JavaCompiler compiler) throws IOException {
    Path output = Files.createDirectories(folder.resolve("out/com/acme"));
    Files.write(output.resolve("encoder.onnx"), SmallFiles.encoder().bytes());
    assertEquals(List.of(), errors(compiler, UsersClassPath.text(), List.of(), ENCODER));
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void aFileIsFoundInAJarOfTheClassPath(JavaCompiler compiler) throws IOException {
    Path jar = folder.resolve("model.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("com/acme/encoder.onnx"));
      out.write(SmallFiles.encoder().bytes());
    }
    String classPath = jar + File.pathSeparator + UsersClassPath.text();
    assertEquals(List.of(), errors(compiler, classPath, List.of(), ENCODER));
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void aFileIsFoundInAFolderOfTheOption(JavaCompiler compiler) throws IOException {
    Path resources = resources();
    String folders = folder.resolve("none") + File.pathSeparator + resources;
    List<String> option = List.of("-Abitfold.onnx=" + folders);
    assertEquals(List.of(), errors(compiler, UsersClassPath.text(), option, ENCODER));
    String near = "@QuantizeOnnx(\"/com/acme/encodr.onnx\") interface Encoder {}";
    List<String> errors = errors(compiler, UsersClassPath.text(), option, near);
    assertEquals(1, errors.size(), errors::toString);
    String error = errors.get(0);
    assertTrue(error.startsWith("2: [QZ150] "), error);
    assertTrue(error.contains("did you mean \"/com/acme/encoder.onnx\"?"), error);
    for (String place :
        List.of(
            "looked for com/acme/encodr.onnx",
            "the folder " + resources,
            "the class output",
            "the class path",
            "the source path")) {
      assertTrue(error.contains(place), place + ": " + error);
    }
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void aNameWithTheWrongRootIsSuggested(JavaCompiler compiler) throws IOException {
    String error =
        errors(
                compiler,
                UsersClassPath.text(),
                List.of(),
                "@QuantizeOnnx(\"/beside.onnx\") interface E {}")
            .get(0);
    assertTrue(error.contains("did you mean \"beside.onnx\"?"), error);
    String other =
        errors(
                compiler,
                UsersClassPath.text(),
                List.of(),
                "@QuantizeOnnx(\"cnn.onnx\") interface E {}")
            .get(0);
    assertTrue(other.contains("did you mean \"/cnn.onnx\"?"), other);
  }

  @ParameterizedTest
  @MethodSource("compilers")
  void withoutTheClassesForOnnxFilesThereIsOneError(JavaCompiler compiler) throws IOException {
    List<String> option = List.of("-Abitfold.onnx=" + resources());
    List<String> errors = errors(compiler, UsersClassPath.withoutOnnx(), option, ENCODER);
    assertEquals(1, errors.size(), errors::toString);
    assertTrue(errors.get(0).startsWith("2: [QZ160] Encoder names an ONNX file"), errors::toString);
  }

  /** What is said, in place of the interface's name, and the start of the error. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          @QuantizeOnnx("/encoder.onnx") @Quantize(axis = 2)                                                  | [QZ130] the weight of node /embeddings/Gather (Gather): axis = 2
          @QuantizeOnnx("/encoder.onnx") @Nodes(value = "/pooler/dense/Gemm", quantize = @Quantize(axis = 2)) | [QZ130] the weight of node /pooler/dense/Gemm (Gemm): axis = 2
          @QuantizeOnnx("/cnn.onnx") @Quantize(axis = 4)                                                      | [QZ130] the weight of node /conv1/Conv (Conv): axis = 4
          @QuantizeOnnx("/cnn.onnx") @Quantize(per = "T")                                                     | [QZ129] the weight of node /conv1/Conv (Conv): per = "T"
          @QuantizeOnnx("/encoder.onnx") @Quantize(bits = 8) @SmoothQuant                                     | [QZ050] @SmoothQuant on E needs one quantized input
          @QuantizeOnnx("/encoder.onnx") @Int8 @Int8Dynamic                                                   | [QZ047] E has two recipes
          @QuantizeOnnx("/encoder.onnx") @Quantize(bits = 17)                                                 | [QZ101] E: bits = 17
          @QuantizeOnnx("/encoder.onnx") @SmoothQuant(alpha = 2) @Int8                                        | [QZ049] alpha = 2.0
          @QuantizeOnnx("/encoder.onnx") @Nodes(value = "**", smoothQuant = @SmoothQuant(alpha = -1))         | [QZ049] alpha = -1.0
          @QuantizeOnnx("/encoder.onnx") @Nodes(value = "/encoder/layer.*/output/dense/MatMull", skip = true) | [QZ154] @Nodes: no node of "/encoder.onnx" is named "/encoder/layer.*/output/dense/MatMull"
          @QuantizeOnnx("/encoder.onnx") @Quantize(role = Role.INPUT, bits = 8, per = "C")                    | [QZ158] the input of node /encoder/layer.0/attention/self/query/MatMul and 3 more (MatMul): an operator takes one scale
          @QuantizeOnnx("/encoder.onnx") @Quantize(bits = 8) @Quantize(role = Role.OUTPUT, bits = 8)          | [QZ158] the output of node /embeddings/Gather (Gather): outputs are not quantized
          @QuantizeOnnx("/cnn.onnx") @Quantize(role = Role.INPUT, bits = 8, affine = true, dynamic = true)    | [QZ158] the input of node /up/ConvTranspose (ConvTranspose): there is no ConvTranspose of integers
          @Nodes(value = "a", skip = true)                                                                    | [QZ034] @Nodes has no effect here: E names no ONNX file
          """)
  void whatDoesNotFitTheFileIsAnError(String annotations, String message) throws IOException {
    for (JavaCompiler compiler : compilers()) {
      List<String> errors =
          errors(compiler, UsersClassPath.text(), List.of(), annotations + "\ninterface E {}");
      String start = errors.isEmpty() ? "" : errors.get(0).replaceFirst("^\\d+: ", "");
      assertTrue(start.startsWith(message), compiler.getClass() + ": " + errors);
    }
  }

  /** Nodes that only preparing the file makes layers, or gives the names of layers. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          @QuantizeOnnx("/cnn.onnx") @Nodes(value = "/conv2/Conv", quantize = @Quantize(axis = 4))
          @QuantizeOnnx("/cnn.onnx") @Int8 @Nodes(value = "/up/*", skip = true)
          @QuantizeOnnx("/encoder.onnx") @Nodes(value = "**.*/attention/self/MatMul", skip = true)
          @QuantizeOnnx("/encoder.onnx") @Quantize(bits = 4, blockSizes = @Block(along = "I", size = 2))
          @QuantizeOnnx("/encoder.onnx") @Fp8 @Nodes(value = "**", recipe = Int8.class)
          @QuantizeOnnx("/encoder.onnx") @Quantize(axis = 2) @Nodes(value = "**", recipe = Int8.class)
          """)
  void whatOnlyThePreparedFileCanTellIsAccepted(String annotations) throws IOException {
    for (JavaCompiler compiler : compilers()) {
      assertEquals(
          List.of(),
          errors(compiler, UsersClassPath.text(), List.of(), annotations + "\ninterface E {}"));
    }
  }

  @Test
  void aLargeFileIsReadInTime() throws IOException {
    Path resources = Files.createDirectories(folder.resolve("large/com/acme"));
    Path file = resources.resolve("encoder.onnx");
    SmallFiles large = SmallFiles.encoder();
    for (int i = 0; i < 20; i++) {
      large.layer("/large." + i, 1024, 1024);
    }
    Files.write(file, large.bytes());
    assertTrue(Files.size(file) > 83_000_000);
    long start = System.nanoTime();
    try (InputStream in = Files.newInputStream(file)) {
      OnnxStructure.read(in);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT, "the structure of %,d bytes was read in %.3f s%n", Files.size(file), seconds);
    assertTrue(seconds < 2, "read in " + seconds + " s");
    List<String> option = List.of("-Abitfold.onnx=" + folder.resolve("large"));
    for (JavaCompiler compiler : compilers()) {
      assertEquals(List.of(), errors(compiler, UsersClassPath.text(), option, ENCODER));
    }
  }

  private Path resources() throws IOException {
    Path resources = Files.createDirectories(folder.resolve("resources/com/acme"));
    Files.write(resources.resolve("encoder.onnx"), SmallFiles.encoder().bytes());
    return folder.resolve("resources");
  }

  private List<String> errors(
      JavaCompiler compiler, String classPath, List<String> more, String text) throws IOException {
    Path source = Files.createDirectories(folder.resolve("src/com/acme")).resolve("E.java");
    Files.writeString(source, Compiled.IMPORTS + "\n" + text, StandardCharsets.UTF_8);
    Path output = Files.createDirectories(folder.resolve("out"));
    List<String> options = new ArrayList<>(more);
    Path generated = Files.createDirectories(folder.resolve("generated"));
    options.addAll(List.of("-d", output.toString(), "-s", generated.toString(), "-cp", classPath));
    if (compiler instanceof EclipseCompiler) {
      options.addAll(List.of("--release", "17", "-proceedOnError"));
    }
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(diagnostics, Locale.ROOT, StandardCharsets.UTF_8)) {
      JavaCompiler.CompilationTask task =
          compiler.getTask(
              Writer.nullWriter(),
              manager,
              diagnostics,
              options,
              null,
              manager.getJavaFileObjectsFromPaths(List.of(source)));
      task.setProcessors(List.of(new BitfoldProcessor()));
      task.call();
    }
    return diagnostics.getDiagnostics().stream()
        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .map(d -> d.getLineNumber() + ": " + d.getMessage(Locale.ROOT))
        .toList();
  }
}
