package dev.bitfold.examples.embeddings.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.Pooling;
import java.util.OptionalInt;
import java.util.function.Consumer;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class MiniLmLoaderTest {
  private static ModelProto original;

  @BeforeAll
  static void parse() throws Exception {
    original = ModelProto.parseFrom(MiniLmFixture.FILE.bytes());
  }

  /** The model's file, with a change to its graph. */
  private static InputFile changed(Consumer<GraphProto.Builder> change) {
    ModelProto.Builder builder = original.toBuilder();
    change.accept(builder.getGraphBuilder());
    return new InputFile("changed.onnx", builder.build().toByteArray());
  }

  private static MiniLm load(InputFile file) {
    return MiniLmLoader.load(file, Pooling.MEAN, OptionalInt.empty());
  }

  private static String refusal(InputFile file) {
    String message = assertThrows(BadInputException.class, () -> load(file)).getMessage();
    assertTrue(message.startsWith(file.name() + ": "), message);
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  private static NodeProto.Builder node(GraphProto.Builder graph, String name) {
    return graph.getNodeBuilderList().stream()
        .filter(n -> n.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void readsAllSizesFromTheFile() {
    MiniLm model = MiniLmFixture.MODEL;
    assertEquals(6, model.encoder().size());
    assertEquals(30522, model.embeddings().vocabulary());
    assertEquals(512, model.embeddings().maxLength());
    assertEquals(12, model.encoder().get(5).attention().heads());
    assertEquals(1e-12f, model.encoder().get(5).outputNorm().epsilon());
    assertEquals(1536, model.encoder().get(5).feedForward().fc2().weight().size(0));
    assertEquals(384, model.encoder().get(5).feedForward().fc2().weight().size(1));
  }

  @Test
  void readsAnotherEpsilon() {
    InputFile file =
        changed(
            graph ->
                node(graph, "/encoder/layer.2/output/LayerNorm/Constant_1")
                    .setAttribute(
                        0,
                        AttributeProto.newBuilder()
                            .setName("value")
                            .setT(
                                TensorProto.newBuilder()
                                    .setDataType(TensorProto.DataType.FLOAT_VALUE)
                                    .addFloatData(1e-5f))));
    MiniLm model = load(file);
    assertEquals(1e-5f, model.encoder().get(2).outputNorm().epsilon());
    assertEquals(1e-12f, model.encoder().get(1).outputNorm().epsilon());
  }

  @Test
  void readsAWeightThatAnotherExporterTransposes() {
    // The bytes stay, so the same matrix comes out transposed; 384 × 384 hides no mistake in sizes.
    InputFile file =
        changed(
            graph -> {
              graph.addNode(
                  NodeProto.newBuilder()
                      .setOpType("Transpose")
                      .setName("turned")
                      .addInput("onnx::MatMul_787")
                      .addOutput("turned"));
              node(graph, "/encoder/layer.0/attention/self/query/MatMul").setInput(1, "turned");
            });
    assertEquals(
        MiniLmFixture.MODEL.encoder().get(0).attention().query().weight().transpose(),
        load(file).encoder().get(0).attention().query().weight());
  }

  @Test
  void readsAModelBelowAnotherRoot() {
    InputFile file =
        changed(
            graph ->
                graph.getNodeBuilderList().forEach(n -> n.setName("/0/auto_model" + n.getName())));
    assertEquals(6, load(file).encoder().size());
  }

  @Test
  void asksForTheHeadsWhereTheFileDoesNotTell() {
    InputFile file =
        changed(
            graph ->
                node(graph, "/encoder/layer.0/attention/self/Reshape_2").setOpType("Something"));
    String message = refusal(file);
    assertTrue(message.endsWith("use --heads"), message);
    assertEquals(
        12,
        MiniLmLoader.load(file, Pooling.MEAN, OptionalInt.of(12))
            .encoder()
            .get(0)
            .attention()
            .heads());
  }

  @Test
  void refusesAnotherActivation() {
    InputFile file =
        changed(
            graph ->
                node(graph, "/encoder/layer.3/intermediate/intermediate_act_fn/Erf")
                    .setOpType("Relu"));
    assertTrue(refusal(file).contains("activation other than GELU in /encoder/layer.3"));
  }

  @Test
  void refusesComputedPositions() {
    InputFile file =
        changed(
            graph ->
                graph.addNode(
                    NodeProto.newBuilder().setOpType("CumSum").setName("/embeddings/CumSum")));
    assertTrue(refusal(file).contains("position ids"));
  }

  @Test
  void refusesHalfPrecision() {
    InputFile file =
        changed(
            graph ->
                graph.getInitializerBuilderList().stream()
                    .filter(t -> t.getName().equals("embeddings.word_embeddings.weight"))
                    .forEach(
                        t ->
                            t.setDataType(TensorProto.DataType.FLOAT16_VALUE)
                                .setRawData(t.getRawData().substring(t.getRawData().size() / 2))));
    String message = refusal(file);
    assertTrue(message.contains("not float32"), message);
  }

  @Test
  void refusesATensorWithTooFewValues() {
    InputFile file =
        changed(
            graph ->
                graph.getInitializerBuilderList().stream()
                    .filter(t -> t.getName().equals("encoder.layer.0.output.dense.bias"))
                    .forEach(t -> t.setRawData(t.getRawData().substring(4))));
    assertTrue(refusal(file).contains("encoder.layer.0.output.dense.bias holds fewer values"));
  }

  @Test
  void refusesAQuantizedModel() {
    assertTrue(
        refusal(InputFile.ofResource("all-minilm-l6-v2-q.onnx"))
            .contains("is no float32 BERT-family encoder"));
  }
}
