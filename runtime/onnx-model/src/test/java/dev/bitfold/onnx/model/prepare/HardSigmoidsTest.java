package dev.bitfold.onnx.model.prepare;

import static dev.bitfold.onnx.model.GraphBuilder.FLOAT;
import static dev.bitfold.onnx.model.GraphBuilder.integer;
import static dev.bitfold.onnx.model.GraphBuilder.node;
import static dev.bitfold.onnx.model.GraphBuilder.real;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.model.GraphBuilder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;

/**
 * HardSigmoid, also that of HardSwish, becomes operators that are folded or computed on integers.
 */
class HardSigmoidsTest {
  private static final String AGREES =
      "agrees with the original on random data, to 1e-5 of each output's range";

  /** A convolution, HardSigmoid, and HardSwish of it. */
  private static GraphBuilder network() {
    return GraphBuilder.of(14)
        .input("x", FLOAT, "n", 3, 4, 4)
        .weight("w", 5, 3, 1, 1)
        .weight("b", 5)
        .node(node("Conv", "conv", List.of("x", "w", "b"), "c"))
        .node(
            node("HardSigmoid", "gate", List.of("c"), "g")
                .addAttribute(real("alpha", 0.3f))
                .addAttribute(real("beta", 0.4f)))
        .node(node("HardSwish", "swish", List.of("g"), "s"))
        .node(node("HardSigmoid", "second", List.of("s"), "y"))
        .output("y", FLOAT);
  }

  private static OnnxFile file(GraphBuilder graph) {
    return OnnxWeights.of("m.onnx", graph.bytes()).file();
  }

  private static List<String> operators(Prepared prepared) {
    return prepared.file().model().getGraph().getNodeList().stream()
        .map(NodeProto::getOpType)
        .toList();
  }

  @Test
  void factorAndSumOfASigmoidAreFoldedIntoTheConvolution() throws IOException {
    Prepared prepared = Preparation.of(file(network()), Map.of());
    assertEquals(List.of("Conv", "Clip", "HardSigmoid", "Mul", "HardSigmoid"), operators(prepared));
    assertEquals(AGREES, prepared.report().proof());
  }

  @Test
  void forIntegersAllAreWrittenOut() throws IOException {
    Prepared prepared = Preparation.forIntegers(file(network()), Map.of());
    assertEquals(
        List.of("Conv", "Clip", "Mul", "Add", "Clip", "Mul", "Mul", "Add", "Clip"),
        operators(prepared));
    assertEquals(AGREES, prepared.report().proof());
    assertTrue(
        prepared.report().passes().stream()
            .anyMatch(pass -> pass.names().containsAll(List.of("gate", "second"))),
        prepared.report()::toString);
  }

  @Test
  void sigmoidBesideAnotherReaderStaysUnlessItRunsOnIntegers() throws IOException {
    GraphBuilder graph = network().node(node("Relu", "relu", List.of("c"), "r")).output("r", FLOAT);
    assertEquals(
        List.of("HardSigmoid", "HardSigmoid", "HardSigmoid"),
        operators(Preparation.of(file(graph), Map.of())).stream()
            .filter("HardSigmoid"::equals)
            .toList());
    assertEquals(AGREES, Preparation.forIntegers(file(graph), Map.of()).report().proof());
  }

  @Test
  void graphsWithOtherFloatTypesStay() throws IOException {
    GraphBuilder graph =
        GraphBuilder.of(14)
            .input("x", FLOAT, "n", 4)
            .node(node("HardSigmoid", "hard", List.of("x"), "h"))
            .node(
                node("Cast", "to", List.of("h"), "d")
                    .addAttribute(integer("to", TensorProto.DataType.DOUBLE_VALUE)))
            .node(node("Mul", "square", List.of("d", "d"), "s"))
            .node(
                node("Cast", "from", List.of("s"), "y")
                    .addAttribute(integer("to", TensorProto.DataType.FLOAT_VALUE)))
            .output("y", FLOAT);
    assertTrue(operators(Preparation.forIntegers(file(graph), Map.of())).contains("HardSigmoid"));
  }
}
