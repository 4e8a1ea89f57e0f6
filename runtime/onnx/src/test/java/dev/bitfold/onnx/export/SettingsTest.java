package dev.bitfold.onnx.export;

import static dev.bitfold.onnx.export.ProofFiles.linear;
import static dev.bitfold.onnx.export.ProofFiles.one;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks that an export tells which settings a session needs, that these matter, and that the code
 * of the pages about them compiles.
 */
@Tag("slow")
@ResourceLock("java.lang.System.err")
class SettingsTest {
  private static final Path SOURCE =
      Path.of("src/test/java/dev/bitfold/onnx/export/SettingsTest.java");

  @TempDir Path folder;

  private final Linear fc = linear(1, 64, 64);
  private final OnnxWeights file = ProofFiles.file(13, one(fc));
  private final Quantized<Nets.One> quantized =
      Nets_OneQuantizer.of(new Nets.One(fc))
          .using(
              Recipe.of("w4")
                  .with(
                      Role.WEIGHT,
                      QuantDescriptor.builder()
                          .bits(4)
                          .blockSizes(BlockSize.along("I", 32))
                          .build()))
          .freeze();
  private final OnnxMapping mapping = OnnxMapping.byName(file, quantized);

  /** An action that may fail. */
  private interface Action {
    void run() throws Exception;
  }

  private static String logged(Action action) throws Exception {
    PrintStream err = System.err;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      action.run();
    } finally {
      System.setErr(err);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  private static INDArray run(Path file, OrtSession.SessionOptions session, INDArray x)
      throws Exception {
    OrtEnvironment runtime = OrtEnvironment.getEnvironment();
    try (OrtSession opened = runtime.createSession(file.toString(), session);
        OnnxTensor input =
            OnnxTensor.createTensor(
                runtime, FloatBuffer.wrap(x.dup('c').data().asFloat()), x.shape());
        OrtSession.Result result = opened.run(Map.of("x", input))) {
      return Nd4j.createFromArray((float[][]) result.get(0).getValue());
    }
  }

  @Test
  void settingsAreWarnedOfAndMatter() throws Exception {
    Path out = folder.resolve("w4.onnx");
    String log = logged(() -> OnnxQdq.export(file, quantized, mapping, out, OnnxOptions.DEFAULT));
    OnnxQdq.Exported exported = OnnxQdq.export(file, quantized, mapping, out, OnnxOptions.DEFAULT);
    OrtSession.SessionOptions session = new OrtSession.SessionOptions();
    for (Map.Entry<String, String> entry : exported.settings().entrySet()) {
      session.addConfigEntry(entry.getKey(), entry.getValue());
    }
    INDArray x = Models.random(2, 16, 64);
    INDArray expected = quantized.model().forward(x);

    assertTrue(log.contains("w4.onnx: a session needs session.qdq_matmulnbits_accuracy_level = 1"));
    assertTrue(log.contains("without, ONNX Runtime also rounds inputs to 8 bits"), log);
    assertTrue(Models.distance(run(out, session, x), expected) < 1e-5);
    INDArray any = run(out, new OrtSession.SessionOptions(), x);
    assertTrue(Models.distance(any, expected) > 1e-4, "" + Models.distance(any, expected));
    assertOnThePage("deployment.md", "OrtSession.SessionOptions session");
  }

  @Test
  void anUnprovedFileTellsItsSettings() throws Exception {
    OnnxOptions unproved = OnnxOptions.DEFAULT.withProof(OnnxProof.skipped("proved elsewhere"));
    OnnxQdq.Exported exported =
        OnnxQdq.export(file, quantized, mapping, folder.resolve("w4.onnx"), unproved);

    assertEquals(
        Map.of("session.qdq_matmulnbits_accuracy_level", "1"), exported.settings(), "no proof");
  }

  @Test
  void aFileThatNeedsNoneWarnsOfNone() throws Exception {
    Path out = folder.resolve("w4.onnx");
    OnnxOptions exact = OnnxOptions.DEFAULT.withBlockOperators(0);
    String log = logged(() -> OnnxQdq.export(file, quantized, mapping, out, exact));

    assertFalse(log.contains("a session needs"), log);
  }

  @Test
  void thePageTellsWhatIsRounded() throws Exception {
    Path out = folder.resolve("w4.onnx");

    OnnxOptions options = OnnxOptions.DEFAULT.withBlockOperators(4);
    OnnxQdq.Exported exported = OnnxQdq.export(file, quantized, mapping, out, options);
    if (exported.proof() instanceof ProofResult.Proved proved) {
      ProofResult.Rounding rounding = proved.rounding().orElseThrow();
      System.out.println(rounding.largest() + " of the norm of " + rounding.output());
      System.out.println("needs the optimizer: " + rounding.needsOptimizer());
    }

    assertTrue(((ProofResult.Proved) exported.proof()).rounding().orElseThrow().largest() > 1e-4);
    assertOnThePage("low-bits.md", "OnnxOptions options = OnnxOptions.DEFAULT.withBlockOperators");
  }

  /** A page shows this test's lines from the given one to the end of its block. */
  private static void assertOnThePage(String name, String first) throws Exception {
    String page = Files.readString(Path.of("../../docs").resolve(name));
    int from = page.indexOf(first);
    String shown = unindented(page.substring(from, page.indexOf("```", from)));
    assertTrue(unindented(Files.readString(SOURCE)).contains(shown.strip()), shown);
  }

  private static String unindented(String code) {
    return code.lines().map(String::strip).reduce("", (a, b) -> a + b + "\n");
  }
}
