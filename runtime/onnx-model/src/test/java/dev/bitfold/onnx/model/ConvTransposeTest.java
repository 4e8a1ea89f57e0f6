package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.model.cut.LeftNode;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A ConvTranspose is a layer like a Conv, with the axes of its weight in another order. */
@Tag("any-jdk")
class ConvTransposeTest {
  /** A decoder: its channels differ, so that mixed up axes cannot go unnoticed. */
  private static GraphBuilder decoder() {
    return GraphBuilder.of(17)
        .seed(11)
        .input("x", FLOAT, "n", 3, 6, 5)
        .weight("w1", 8, 3, 3, 3)
        .weight("b1", 8)
        .node(node("Conv", "conv1", List.of("x", "w1", "b1"), "c1"))
        .node(node("Relu", "relu1", List.of("c1"), "r1"))
        .weight("w2", 8, 5, 2, 3)
        .weight("b2", 5)
        .node(
            node("ConvTranspose", "up", List.of("r1", "w2", "b2"), "u")
                .addAttribute(integers("strides", 2, 2))
                .addAttribute(integers("output_padding", 1, 0)))
        .node(node("Relu", "relu2", List.of("u"), "r2"))
        .weight("w3", 4, 5, 3, 3)
        .node(node("Conv", "conv2", List.of("r2", "w3"), "y"))
        .output("y", FLOAT);
  }

  private static List<Map<String, INDArray>> batches(long... shape) {
    List<Map<String, INDArray>> batches = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      batches.add(Map.of("x", Nd4j.randn(20 + i, shape)));
    }
    return batches;
  }

  @Test
  void isSmoothedCalibratedExportedAndProved(@TempDir Path folder) throws Exception {
    byte[] file = decoder().bytes();
    Path out = folder.resolve("int8.onnx");
    List<Map<String, INDArray>> batches = batches(2, 3, 6, 5);
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      OnnxLayer up = model.layers().get(1);
      assertEquals("up", up.path());
      assertEquals(List.of(8L, 5L, 2L, 3L), up.weightShape());
      assertEquals("IOHW", up.weightLayout());
      assertTrue(
          Whole.difference(Whole.run(file, batches.get(0)), model.forward(batches.get(0))) < 1e-5);

      Quantized<OnnxModel> int8 =
          model
              .plan()
              .calibrate(batches, OnnxModel::forward)
              .smoothQuant(SmoothQuantOptions.alpha(0.5))
              .correctBiases()
              .freeze();
      OnnxQdq.Exported exported = OnnxModel.export(int8, out);

      assertTrue(exported.proof() instanceof ProofResult.Proved, exported.toString());
      INDArray simulated = int8.model().forward(batches.get(1));
      byte[] written = Files.readAllBytes(out);
      assertTrue(Whole.difference(Whole.run(written, batches.get(1)), simulated) < 0.02);
      double error = Whole.difference(Whole.run(file, batches.get(1)), simulated);
      assertTrue(error > 1e-4 && error < 0.05, "error " + error);
    }
    ModelProto written = ModelProto.parseFrom(Files.readAllBytes(out));
    NodeProto up =
        written.getGraph().getNodeList().stream()
            .filter(n -> n.getName().equals("up"))
            .findFirst()
            .orElseThrow();
    NodeProto weight = producer(written, up.getInput(1));
    assertEquals("DequantizeLinear", weight.getOpType());
    assertEquals(
        List.of(1L), weight.getAttributeList().stream().map(AttributeProto::getI).toList());
    assertEquals("DequantizeLinear", producer(written, up.getInput(0)).getOpType());
    // The scales go into the Conv before, and those of the Conv behind into the ConvTranspose.
    Set<String> multiplied = new TreeSet<>();
    written.getGraph().getNodeList().stream()
        .filter(n -> n.getOpType().equals("Mul"))
        .forEach(n -> multiplied.add(n.getInput(0)));
    assertEquals(Set.of("x"), multiplied);
  }

  private static NodeProto producer(ModelProto model, String value) {
    return model.getGraph().getNodeList().stream()
        .filter(n -> n.getOutputList().contains(value))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void withADynamicScaleItsInputIsCodesAndItsProductOfFloats(@TempDir Path folder)
      throws Exception {
    Path out = folder.resolve("dynamic.onnx");
    try (OnnxModel model = OnnxModel.from(decoder().bytes()).threads(1).open()) {
      Quantized<OnnxModel> int8 = model.plan().using(Recipe.ONNX_DYNAMIC).freeze();
      OnnxQdq.Exported exported = OnnxModel.export(int8, out);
      assertTrue(exported.proof() instanceof ProofResult.Proved, exported.toString());
      Map<String, INDArray> batch = batches(2, 3, 6, 5).get(0);
      byte[] written = Files.readAllBytes(out);
      assertTrue(Whole.difference(Whole.run(written, batch), int8.model().forward(batch)) < 0.02);
    }
  }

  @Test
  void oneAndThreeAxes(@TempDir Path folder) throws Exception {
    for (long[] kernel : new long[][] {{3}, {2, 2, 3}}) {
      Object[] sizes = new Object[2 + kernel.length];
      long[] shape = new long[sizes.length];
      long[] weight = new long[sizes.length];
      sizes[0] = "n";
      for (int a = 1; a < sizes.length; a++) {
        sizes[a] = 3 + a;
      }
      for (int a = 0; a < sizes.length; a++) {
        shape[a] = 3L + a;
        weight[a] = a == 0 ? 4 : a == 1 ? 6 : kernel[a - 2];
      }
      byte[] file =
          GraphBuilder.of(13)
              .input("x", FLOAT, sizes)
              .weight("w", weight)
              .node(node("ConvTranspose", "up", List.of("x", "w"), "y"))
              .output("y", FLOAT)
              .bytes();
      try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
        Quantized<OnnxModel> int8 =
            model.plan().calibrate(batches(shape), OnnxModel::forward).smoothQuant().freeze();
        assertTrue(
            OnnxModel.export(int8, folder.resolve(kernel.length + ".onnx")).proof()
                instanceof ProofResult.Proved);
      }
    }
  }

  @Test
  void groupsAreLeftWithAReasonAndKeepNoOtherLayerFromBeingQuantized(@TempDir Path folder)
      throws Exception {
    byte[] file =
        GraphBuilder.of(17)
            .input("x", FLOAT, "n", 4, 6, 5)
            .weight("w", 4, 3, 2, 2)
            .node(
                node("ConvTranspose", "up", List.of("x", "w"), "u")
                    .addAttribute(integer("group", 2)))
            .weight("v", 4, 6, 1, 1)
            .node(node("Conv", "conv", List.of("u", "v"), "y"))
            .output("y", FLOAT)
            .bytes();
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      assertEquals(
          List.of(
              "up (ConvTranspose): it has 2 groups, which share the axis of output channels in the"
                  + " weight of a ConvTranspose [in, out / groups, …], so that scales along it cannot"
                  + " tell them apart"),
          model.left().stream().map(LeftNode::toString).toList());
      Quantized<OnnxModel> int8 =
          model
              .plan()
              .calibrate(batches(2, 4, 6, 5), OnnxModel::forward)
              .smoothQuant(SmoothQuantOptions.alpha(0.5))
              .freeze();
      assertTrue(
          OnnxModel.export(int8, folder.resolve("int8.onnx")).proof()
              instanceof ProofResult.Proved);
    }
  }

  /** A node of a known operator that is no layer stands in the way of no other one. */
  @Test
  void aGemmThatTransposesItsInputIsLeftAsWell(@TempDir Path folder) throws Exception {
    byte[] file =
        GraphBuilder.of(17)
            .input("x", FLOAT, 6, 4)
            .weight("w", 6, 3)
            .node(node("Gemm", "first", List.of("x", "w"), "u").addAttribute(integer("transA", 1)))
            .weight("v", 3, 5)
            .node(node("MatMul", "second", List.of("u", "v"), "y"))
            .output("y", FLOAT)
            .bytes();
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      Quantized<OnnxModel> int8 =
          model
              .plan()
              .calibrate(batches(6, 4), OnnxModel::forward)
              .smoothQuant(SmoothQuantOptions.alpha(0.5))
              .freeze();
      assertTrue(
          OnnxModel.export(int8, folder.resolve("int8.onnx")).proof()
              instanceof ProofResult.Proved);
    }
  }
}
