package dev.bitfold.onnx.model;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.integers;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static dev.bitfold.onnx.model.GraphBuilder.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Smoothing goes into the node that makes the input where that is exact, and stays else. */
@Tag("any-jdk")
class FoldsTest {
  /** Exports with every layer smoothed; the nodes behind which a multiplication stays. */
  private static Set<String> multiplied(
      byte[] file, List<Map<String, INDArray>> batches, Path folder) throws Exception {
    Path out = folder.resolve("int8.onnx");
    try (OnnxModel model = OnnxModel.from(file).threads(1).open()) {
      Quantized<OnnxModel> int8 =
          model
              .plan()
              .calibrate(batches, OnnxModel::forward)
              .smoothQuant(SmoothQuantOptions.alpha(0.5))
              .weightAmax(OnnxQdq.nonSaturating())
              .freeze();
      assertTrue(OnnxModel.export(int8, out).proof() instanceof ProofResult.Proved);
      INDArray simulated = int8.model().forward(batches.get(0));
      double apart =
          Whole.difference(Whole.run(Files.readAllBytes(out), batches.get(0)), simulated);
      assertTrue(apart < 0.02, "the exported file is " + apart + " from the quantized model");
    }
    Set<String> multiplied = new TreeSet<>();
    for (NodeProto node : ModelProto.parseFrom(Files.readAllBytes(out)).getGraph().getNodeList()) {
      if (node.getOpType().equals("Mul")) {
        multiplied.add(node.getInput(0));
      }
    }
    return multiplied;
  }

  @Test
  void aBlockOfAttentionMultipliesOnlyWhereAResidualReadsTheInput(@TempDir Path folder)
      throws Exception {
    assertEquals(
        Set.of("x", "r"),
        multiplied(LifecycleTest.encoder().bytes(), LifecycleTest.batches(4), folder));
  }

  private static GraphBuilder convolutions() {
    return GraphBuilder.of(17)
        .seed(5)
        .input("x", FLOAT, "n", 3, 12, 12)
        .weight("w1", 8, 3, 3, 3)
        .weight("b1", 8)
        .node(node("Conv", "conv1", List.of("x", "w1", "b1"), "c1"))
        .node(node("Relu", "relu", List.of("c1"), "r1"))
        .node(
            node("MaxPool", "pool", List.of("r1"), "p1")
                .addAttribute(integers("kernel_shape", 2, 2)))
        .weight("w2", 8, 4, 3, 3)
        .node(
            node("Conv", "conv2", List.of("p1", "w2"), "c2")
                .addAttribute(integer("group", 2))
                .addAttribute(text("auto_pad", "SAME_UPPER")))
        .weight("w3", 6, 8, 1, 1)
        .node(node("Sigmoid", "sigmoid", List.of("c2"), "s2"))
        .node(node("Conv", "conv3", List.of("s2", "w3"), "y"))
        .output("y", FLOAT);
  }

  @Test
  void aConvolutionTakesTheScalesOfTheNextThroughReluAndPoolButNotThroughSigmoid(
      @TempDir Path folder) throws Exception {
    List<Map<String, INDArray>> batches = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      batches.add(Map.of("x", Nd4j.randn(7 + i, new long[] {2, 3, 12, 12})));
    }
    Set<String> multiplied = multiplied(convolutions().bytes(), batches, folder);
    assertEquals(Set.of("x", "s2"), multiplied);
  }
}
