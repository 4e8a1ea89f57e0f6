package dev.bitfold.onnx.model.prepare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.SmallGraphs;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Small models with what files in the wild have are prepared. */
class SmallGraphsTest {
  /** What is folded wherever these models have it. */
  private static final Set<String> CONSTANT_ONLY =
      Set.of("Identity", "Constant", "BatchNormalization");

  static Stream<String> names() {
    return SmallGraphs.all().keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("names")
  void isPrepared(String name, @TempDir Path folder) throws Exception {
    ModelProto model = SmallGraphs.of(name);
    Path file = SmallGraphs.write(name, model, folder);
    Prepared prepared = Preparation.of(OnnxWeights.open(file).file(), Map.of());
    assertEquals(prepared.report().nodesAfter(), prepared.file().model().getGraph().getNodeCount());
    for (NodeProto node : prepared.file().model().getGraph().getNodeList()) {
      assertFalse(node.getName().isEmpty());
      assertFalse(CONSTANT_ONLY.contains(node.getOpType()), node.getName());
    }
  }
}
