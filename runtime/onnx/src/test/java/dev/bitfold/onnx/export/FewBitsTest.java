package dev.bitfold.onnx.export;

import static dev.bitfold.onnx.export.ProofFiles.add;
import static dev.bitfold.onnx.export.ProofFiles.file;
import static dev.bitfold.onnx.export.ProofFiles.inOut;
import static dev.bitfold.onnx.export.ProofFiles.linear;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Linear;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.Nets;
import dev.bitfold.onnx.Nets_ConvsQuantizer;
import dev.bitfold.onnx.Nets_OneQuantizer;
import dev.bitfold.onnx.Nets_TwoQuantizer;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.onnx.proof.ProofResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Checks that weights of 2 to 4 bits without blocks are written so that a session without any
 * setting computes the quantized model, if the layer's input has a static scale.
 */
@Tag("slow")
class FewBitsTest {
  @TempDir Path folder;
  private ProofFiles files;

  @BeforeEach
  void files() {
    files = new ProofFiles(folder);
  }

  private static Recipe recipe(QuantDescriptor weight) {
    return Recipe.of("few bits")
        .with(Role.WEIGHT, weight)
        .with(Role.INPUT, QuantDescriptor.builder().bits(8).build());
  }

  private static QuantDescriptor weight(int bits, boolean affine, boolean whole) {
    QuantDescriptor.Builder weight = QuantDescriptor.builder().bits(bits).affine(affine);
    return (whole ? weight : weight.per("O")).build();
  }

  private static GraphProto.Builder matMul(Linear l) {
    return inOut(l.weight().size(1), l.weight().size(0))
        .addInitializer(Models.tensor("W", l.weight().transpose()))
        .addInitializer(Models.tensor("B", l.bias()))
        .addNode(Models.node("MatMul", "/fc/MatMul", "p", "x", "W"))
        .addNode(Models.node("Add", "/fc/Add", "y", "p", "B"));
  }

  private static Quantized<Nets.One> quantized(Linear l, QuantDescriptor weight, INDArray x) {
    return Nets_OneQuantizer.of(new Nets.One(l))
        .using(recipe(weight))
        .calibrate(List.of(x), Nets.One::forward)
        .freeze();
  }

  private ModelProto written() throws Exception {
    return ModelProto.parseFrom(Files.readAllBytes(files.out()));
  }

  private int typeOf(String suffix) throws Exception {
    return written().getGraph().getInitializerList().stream()
        .filter(tensor -> tensor.getName().endsWith(suffix))
        .mapToInt(TensorProto::getDataType)
        .findFirst()
        .orElseThrow();
  }

  private long opset() throws Exception {
    return written().getOpsetImport(0).getVersion();
  }

  /** Two products, so that one has a quantized value on both of its sides, and one has not. */
  private static GraphProto.Builder two(Linear a, Linear b, boolean gemm) {
    GraphProto.Builder graph = inOut(a.weight().size(1), b.weight().size(0));
    if (gemm) {
      add(graph, "a", "x", "h", a);
      add(graph, "b", "h", "y", b);
      return graph;
    }
    return graph
        .addInitializer(Models.tensor("W", a.weight().transpose()))
        .addInitializer(Models.tensor("B", a.bias()))
        .addInitializer(Models.tensor("W2", b.weight().transpose()))
        .addInitializer(Models.tensor("B2", b.bias()))
        .addNode(Models.node("MatMul", "/a/MatMul", "p", "x", "W"))
        .addNode(Models.node("Add", "/a/Add", "h", "p", "B"))
        .addNode(Models.node("MatMul", "/b/MatMul", "q", "h", "W2"))
        .addNode(Models.node("Add", "/b/Add", "y", "q", "B2"));
  }

  @ParameterizedTest
  @CsvSource({
    "2, false, false, 32", "3, false, false, 64", "4, false, false, 32", "4, false, false, 100",
    "4, false, false, 256", "4, true, false, 64", "3, true, false, 32", "2, true, false, 64",
    "4, false, true, 64", "4, true, true, 32", "5, false, false, 64", "6, true, false, 96"
  })
  void productsOfStaticInputsTakeBytes(int bits, boolean affine, boolean whole, int in)
      throws Exception {
    Linear a = linear(bits + in, in, 24);
    Linear b = linear(bits, 24, 12);
    INDArray x = Models.random(in, 40, in);
    Quantized<Nets.Two> quantized =
        Nets_TwoQuantizer.of(new Nets.Two(a, b))
            .using(recipe(weight(bits, affine, whole)))
            .calibrate(List.of(x), Nets.Two::forward)
            .freeze();
    for (boolean gemm : new boolean[] {true, false}) {
      OnnxWeights file = file(13, two(a, b, gemm));
      ProofResult.Proved proof = files.proved(file, quantized, OnnxOptions.DEFAULT);

      assertEquals(Map.of(), proof.settings(), "any session computes this");
      assertEquals(3, proof.compared(), "both inputs, and the output");
      assertEquals(13, opset(), "bytes need no newer operators");
      assertEquals(3, typeOf("/weight_quantized"), "a byte for each code");
    }
  }

  @ParameterizedTest
  @CsvSource({"2, false", "3, false", "4, false", "4, true"})
  void convolutionsOfStaticInputsTakeBytes(int bits, boolean affine) throws Exception {
    Conv2d a = new Conv2d(Models.random(1, 8, 3, 3, 3), Models.random(2, 8));
    Conv2d b = new Conv2d(Models.random(3, 5, 8, 1, 1), Models.random(4, 5));
    INDArray x = Models.random(5, 4, 3, 8, 8);
    Quantized<Nets.Convs> quantized =
        Nets_ConvsQuantizer.of(new Nets.Convs(a, b))
            .using(recipe(weight(bits, affine, false)))
            .calibrate(List.of(x), Nets.Convs::forward)
            .freeze();
    OnnxWeights file =
        file(
            13,
            GraphProto.newBuilder()
                .addInput(Models.value("x", -1, 3, 8, 8))
                .addOutput(Models.value("y", -1, 5, 6, 6))
                .addInitializer(Models.tensor("W", a.weight()))
                .addInitializer(Models.tensor("B", a.bias()))
                .addInitializer(Models.tensor("W2", b.weight()))
                .addInitializer(Models.tensor("B2", b.bias()))
                .addNode(Models.node("Conv", "/a/Conv", "h", "x", "W", "B"))
                .addNode(Models.node("Relu", "/Relu", "r", "h"))
                .addNode(Models.node("Conv", "/b/Conv", "y", "r", "W2", "B2")));

    ProofResult.Proved proof = files.proved(file, quantized, OnnxOptions.DEFAULT);

    assertEquals(Map.of(), proof.settings());
    assertEquals(13, opset());
  }

  /** An operator for blocks keeps what it can hold in 4 bits; the rest is written in bytes. */
  @ParameterizedTest
  @CsvSource({"64, MatMulNBits", "256, MatMul"})
  void operatorsForBlocksKeepFourBits(int in, String operation) throws Exception {
    Linear l = linear(in, in, 24);
    INDArray x = Models.random(in, 40, in);
    Quantized<Nets.One> quantized = quantized(l, weight(4, false, false), x);

    files.proved(file(13, matMul(l)), quantized, OnnxOptions.DEFAULT.withBlockOperators(0));

    assertTrue(
        written().getGraph().getNodeList().stream().anyMatch(n -> n.getOpType().equals(operation)));
    assertEquals(13, opset());
  }

  /** Codes of uint4 become uint8, and their zero points stay exact. */
  @Test
  void unsignedCodesTakeBytes() throws Exception {
    Linear a = linear(1, 48, 24);
    Linear b = linear(2, 24, 12);
    INDArray x = Models.random(3, 40, 48);
    QuantDescriptor uint4 =
        QuantDescriptor.builder().bits(4).unsigned(true).affine(true).per("O").build();
    Quantized<Nets.Two> quantized =
        Nets_TwoQuantizer.of(new Nets.Two(a, b))
            .using(recipe(uint4))
            .calibrate(List.of(x), Nets.Two::forward)
            .freeze();

    files.proved(file(13, two(a, b, false)), quantized, OnnxOptions.DEFAULT);

    assertEquals(2, typeOf("/weight_quantized"), "UINT8");
  }

  /** Without a quantized input, nothing takes bytes, so that 4 bits stay 4 bits. */
  @Test
  void floatInputsKeepFourBits() throws Exception {
    Linear l = linear(7, 64, 24);
    Quantized<Nets.One> quantized =
        Nets_OneQuantizer.of(new Nets.One(l))
            .using(Recipe.of("w4").with(Role.WEIGHT, weight(4, false, false)))
            .freeze();

    files.proved(file(13, matMul(l)), quantized, OnnxOptions.DEFAULT);

    assertEquals(22, typeOf("/weight_quantized"), "INT4");
    assertEquals(21, opset());
  }
}
