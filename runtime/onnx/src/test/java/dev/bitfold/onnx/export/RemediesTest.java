package dev.bitfold.onnx.export;

import static dev.bitfold.onnx.export.ProofFiles.OPTIONS;
import static dev.bitfold.onnx.export.ProofFiles.file;
import static dev.bitfold.onnx.export.ProofFiles.inOut;
import static dev.bitfold.onnx.export.ProofFiles.linear;
import static dev.bitfold.onnx.export.ProofFiles.quantized;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_WordsQuantizer;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import onnx.Onnx.GraphProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Files that are refused: what is said tells what to do. */
class RemediesTest {
  private final Linear fc = linear(1, 6, 4);
  private final Quantized<Nets.One> quantized = quantized(fc, Models.random(2, 32, 6));
  private final ProofFiles files;

  RemediesTest(@TempDir Path folder) {
    this.files = new ProofFiles(folder);
  }

  private void says(GraphProto.Builder graph, String... parts) throws Exception {
    String message = files.refusal(file(13, graph), quantized, OPTIONS, UnaryOperator.identity());
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  private GraphProto.Builder product(TensorProto weight, String reads) {
    return inOut(6, 4)
        .addInitializer(weight)
        .addInitializer(Models.tensor("B", fc.bias()))
        .addNode(Models.node("MatMul", "/fc/MatMul", "m", "x", reads))
        .addNode(Models.node("Add", "/fc/Add", "y", "m", "B"));
  }

  private TensorProto weight() {
    return Models.tensor("W", fc.weight().transpose());
  }

  /** As doubles, or as 16-bit floats whose values do not matter. */
  private static TensorProto typed(TensorProto weight, TensorProto.DataType type) {
    TensorProto.Builder typed =
        TensorProto.newBuilder()
            .setName(weight.getName())
            .setDataType(type.getNumber())
            .addAllDims(weight.getDimsList());
    for (int i = 0; i < 24; i++) {
      if (type == TensorProto.DataType.DOUBLE) {
        typed.addDoubleData(i);
      } else {
        typed.addInt32Data(0x3C00);
      }
    }
    return typed.build();
  }

  @Test
  void aTransposedInput() throws Exception {
    GraphProto.Builder graph =
        inOut(6, 4)
            .addInitializer(weight())
            .addInitializer(Models.tensor("B", fc.bias()))
            .addNode(
                Models.node("Gemm", "/fc/Gemm", "y", "x", "W", "B")
                    .addAttribute(Models.integer("transA", 1)));
    says(graph, "node /fc/Gemm transposes its input", "put a Transpose node before it");
  }

  @Test
  void weightsOfOtherFloats() throws Exception {
    says(
        product(typed(weight(), TensorProto.DataType.DOUBLE), "W"),
        "tensor W is DOUBLE",
        "convert the model to float32");
    says(
        product(typed(weight(), TensorProto.DataType.FLOAT16), "W"),
        "tensor W is FLOAT16",
        "convert the model to float32");
  }

  @Test
  void weightsOfOtherFloatsBehindACast() throws Exception {
    says(
        product(typed(weight(), TensorProto.DataType.FLOAT16), "W32")
            .addNode(
                0, Models.node("Cast", "/cast", "W32", "W").addAttribute(Models.integer("to", 1))),
        "reads W32 as its weight, which is cast by node /cast from FLOAT16",
        "save the model with weights of float32");
  }

  @Test
  void aBiasThatIsNone() throws Exception {
    GraphProto.Builder twice =
        product(weight(), "W")
            .addOutput(Models.value("z", -1, 4))
            .addNode(Models.node("Relu", "/relu", "z", "m"));
    says(twice, "has no constant bias", "its product m is read by 2 nodes");
    GraphProto.Builder none =
        inOut(6, 4)
            .addInitializer(weight())
            .addNode(Models.node("MatMul", "/fc/MatMul", "y", "x", "W"));
    says(none, "has no constant bias", "remove that output");
    GraphProto.Builder without =
        inOut(6, 4)
            .addInitializer(weight())
            .addNode(Models.node("Gemm", "/fc/Gemm", "y", "x", "W"));
    says(without, "has no constant bias", "build the layer without a bias");
  }

  /** Axis -2 of a table is its rows, as axis 0 is. */
  @Test
  void lookUpsAreOfRows() throws Exception {
    Embedding table = new Embedding(Models.random(1, 20, 6));
    INDArray ids = Nd4j.createFromArray(new long[][] {{1, 2, 3}, {19, 0, 7}});
    Quantized<Nets.Words> words =
        Nets_WordsQuantizer.of(new Nets.Words(table, fc))
            .calibrate(List.of(ids), Nets.Words::forward)
            .freeze();
    files.proved(file(13, lookUp(table, -2)), words, OPTIONS);
    String message =
        files.refusal(file(13, lookUp(table, 1)), words, OPTIONS, UnaryOperator.identity());
    assertTrue(message.contains("node /table/Gather gathers along another axis"), message);
    assertTrue(message.contains("skip its layer, and it stays float"), message);
  }

  private GraphProto.Builder lookUp(Embedding table, long axis) {
    return GraphProto.newBuilder()
        .addInput(Models.typed("ids", 7, -1, -1))
        .addOutput(Models.value("y", -1, -1, 4))
        .addInitializer(Models.tensor("table", table.weight()))
        .addInitializer(weight())
        .addInitializer(Models.tensor("B", fc.bias()))
        .addNode(
            Models.node("Gather", "/table/Gather", "t", "table", "ids")
                .addAttribute(Models.integer("axis", axis)))
        .addNode(Models.node("MatMul", "/fc/MatMul", "m", "t", "W"))
        .addNode(Models.node("Add", "/fc/Add", "y", "m", "B"));
  }
}
