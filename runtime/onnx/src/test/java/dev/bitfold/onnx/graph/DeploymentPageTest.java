package dev.bitfold.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.Window;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.export.OnnxQdq;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Checks that the code of docs/deployment.md compiles, and does what the page says. */
class DeploymentPageTest {
  private static final Path PAGE = Path.of("../../docs/deployment.md");
  private static final Path SOURCE =
      Path.of("src/test/java/dev/bitfold/onnx/graph/DeploymentPageTest.java");

  /** The page's model. */
  @QuantizeModel
  public record Block(Conv2d conv1, Conv2d conv2, @SkipQuantize Linear head) {
    public INDArray forward(INDArray x) {
      INDArray h = Transforms.relu(conv1.forward(x), true);
      return head.forward(Transforms.relu(conv2.forward(h).add(h), true).mean(2, 3));
    }
  }

  private static Conv2d conv(long seed, int in, int out) {
    Window same = Window.UNIT.withPadding(1);
    return new Conv2d(Models.random(seed, out, in, 3, 3), null, same, same, 1);
  }

  @Test
  void theCodeCompilesAndIsProved(@TempDir Path folder) throws Exception {
    Block block = new Block(conv(1, 3, 4), conv(2, 4, 4), new Linear(Models.random(3, 5, 4), null));
    INDArray images = Models.random(4, 8, 3, 32, 32);
    Quantized<Block> quantized =
        DeploymentPageTest_BlockQuantizer.of(block)
            .calibrate(List.of(images), Block::forward)
            .weightAmax(OnnxQdq.nonSaturating())
            .freeze();
    Path floats = folder.resolve("block.onnx");
    Path int8 = folder.resolve("block-int8.onnx");

    OnnxGraph graph = OnnxGraph.named("block");
    OnnxValue x = graph.input("x", -1, 3, 32, 32); // -1 is open: the batch
    OnnxValue h = x.layer("conv1", block.conv1()).relu();
    OnnxValue y = h.layer("conv2", block.conv2()).add(h).relu();
    graph.output("logits", y.globalAveragePool().flatten().layer("head", block.head()));

    graph.write(block, Block::forward, floats);
    OnnxQdq.Exported exported = graph.export(quantized, Block::forward, int8);

    assertEquals(Files.size(int8), exported.bytes());
    assertTrue(Models.distance(Models.run(floats, images), block.forward(images)) < 1e-5);
    INDArray expected = quantized.model().forward(images);
    assertTrue(Models.distance(Models.run(int8, images), expected) < 2e-3);
    assertOnThePage("OnnxGraph graph = OnnxGraph.named(\"block\");");
  }

  /** The page shows this test's lines from the given one to that of the export. */
  private static void assertOnThePage(String first) throws Exception {
    String page = Files.readString(PAGE);
    int from = page.indexOf(first);
    String shown = page.substring(from, page.indexOf("```", from));
    String source =
        Files.readString(SOURCE).lines().map(String::strip).reduce("", (a, b) -> a + b + "\n");
    assertTrue(source.contains(shown.strip()), shown);
  }
}
