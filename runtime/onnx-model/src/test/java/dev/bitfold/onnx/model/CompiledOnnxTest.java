package dev.bitfold.onnx.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.proof.ProofResult;
import java.io.IOException;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import onnx.Onnx.ModelProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A generated quantizer opens, feeds, plans, quantizes, exports and proves its file. */
class CompiledOnnxTest {
  private static final String INTERFACE =
      """
      package com.acme;
      import dev.bitfold.annotations.*;
      @QuantizeOnnx("encoder.onnx")
      @Int8SmoothQuant
      @Nodes(value = "fc*/MatMul", quantize = @Quantize(bits = 4, per = "O"))
      @Nodes(value = "fc2/MatMul", skip = true)
      @Nodes(value = "attention/output/MatMul", smoothQuant = @SmoothQuant(alpha = 0.5))
      public interface Encoder {}
      """;

  private static final String USE =
      """
      package com.acme;
      import dev.bitfold.*;
      import dev.bitfold.onnx.export.OnnxQdq;
      import dev.bitfold.onnx.model.OnnxModel;
      import java.nio.file.Path;
      import java.util.*;
      import java.util.concurrent.Callable;
      import java.util.function.BiFunction;
      import org.nd4j.linalg.api.ndarray.INDArray;
      public class Use implements BiFunction<Path, List<INDArray>, Object[]>, Callable<OnnxModel> {
        @Override public Object[] apply(Path out, List<INDArray> ids) {
          try (OnnxModel model = EncoderQuantizer.open()) {
            List<Map<String, INDArray>> batches =
                ids.stream().map(x -> EncoderQuantizer.feed().ids(x).batch()).toList();
            Plan<OnnxModel> plan = EncoderQuantizer.plan(model);
            Calibration<OnnxModel> calibration = plan.calibrate(batches, OnnxModel::forward);
            Quantized<OnnxModel> quantized = calibration.smoothQuant().freeze();
            OnnxQdq.Exported exported = EncoderQuantizer.export(quantized, out);
            quantized.save(out.resolveSibling("encoder.state"));
            Quantized<OnnxModel> loaded =
                EncoderQuantizer.load(model, out.resolveSibling("encoder.state"));
            return new Object[] {plan.descriptors(), plan.layersToSmooth(), exported,
                loaded.model().forward(batches.get(0))
                    .equals(quantized.model().forward(batches.get(0)))};
          } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
        }
        @Override public OnnxModel call() throws Exception { return EncoderQuantizer.open(); }
      }
      """;

  @Test
  @SuppressWarnings("unchecked")
  void aGeneratedQuantizerGoesTheWholeWay(@TempDir Path folder) throws Exception {
    compile(folder, LifecycleTest.encoder().model());
    Path out = Files.createDirectories(folder.resolve("out")).resolve("int8.onnx");
    List<INDArray> ids = LifecycleTest.batches(4).stream().map(batch -> batch.get("ids")).toList();
    try (URLClassLoader loader = new CompiledFile(folder).loader()) {
      var use = (BiFunction<Path, List<INDArray>, Object[]>) use(loader);
      Object[] done = use.apply(out, ids);
      var descriptors = (Map<String, QuantDescriptor>) done[0];
      QuantDescriptor int8 = QuantDescriptor.builder().bits(8).per("O").build();
      assertEquals(int8, descriptors.get("attention/query/MatMul.weight"));
      assertEquals(QuantDescriptor.bits(8), descriptors.get("attention/query/MatMul.x"));
      assertEquals(int8, descriptors.get("embeddings/Gather.weight"));
      assertEquals(
          QuantDescriptor.builder().bits(4).per("O").build(), descriptors.get("fc1/MatMul.weight"));
      assertEquals(QuantDescriptor.bits(8), descriptors.get("fc1/MatMul.x"));
      assertTrue(descriptors.keySet().stream().noneMatch(path -> path.startsWith("fc2/")));
      assertEquals(
          java.util.Set.of("attention/query/MatMul", "attention/output/MatMul", "fc1/MatMul"),
          done[1]);
      OnnxQdq.Exported exported = (OnnxQdq.Exported) done[2];
      assertInstanceOf(ProofResult.Proved.class, exported.proof());
      assertEquals(true, done[3], "a saved model is loaded as it was");
      assertTrue(Files.size(out) < Files.size(folder.resolve("com/acme/encoder.onnx")));
    }
  }

  @Test
  @SuppressWarnings("unchecked")
  void aFileWhoseGraphHasChangedIsRefusedAndOneWithOtherWeightsIsNot(@TempDir Path folder)
      throws Exception {
    ModelProto model = LifecycleTest.encoder().model();
    compile(folder, model);
    CompiledFile compiled = new CompiledFile(folder);
    try (URLClassLoader loader = compiled.loader()) {
      var open = (Callable<OnnxModel>) use(loader);
      compiled.resource("com/acme/encoder.onnx", reweighted(model));
      open.call().close();
      ModelProto.Builder changed = model.toBuilder();
      changed.getGraphBuilder().getNodeBuilder(1).setName("attention/q/MatMul");
      compiled.resource("com/acme/encoder.onnx", changed.build());
      OnnxException e = assertThrows(OnnxException.class, open::call);
      String message = String.valueOf(e.getMessage());
      assertTrue(message.contains("has changed since com.acme.Encoder was compiled"), message);
      assertTrue(message.endsWith("recompile Encoder"), message);
    }
  }

  /** Other values in every weight, which are as many bytes as before. */
  private static ModelProto reweighted(ModelProto model) {
    ModelProto.Builder other = model.toBuilder();
    for (var tensor : other.getGraphBuilder().getInitializerBuilderList()) {
      byte[] bytes = tensor.getRawData().toByteArray();
      bytes[0] ^= 1;
      tensor.setRawData(org.nd4j.shade.protobuf.ByteString.copyFrom(bytes));
    }
    return other.build();
  }

  private static void compile(Path folder, ModelProto model) throws IOException {
    CompiledFile compiled = new CompiledFile(folder).resource("com/acme/encoder.onnx", model);
    assertEquals(
        List.of(), compiled.problems(Map.of("com.acme.Encoder", INTERFACE, "com.acme.Use", USE)));
  }

  private static Object use(URLClassLoader loader) throws ReflectiveOperationException {
    return loader.loadClass("com.acme.Use").getConstructor().newInstance();
  }
}
