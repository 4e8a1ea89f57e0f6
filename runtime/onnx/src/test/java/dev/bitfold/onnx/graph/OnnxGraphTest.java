package dev.bitfold.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layers.BatchNorm;
import dev.bitfold.layers.Conv1d;
import dev.bitfold.layers.Conv1dChannelsLast;
import dev.bitfold.layers.Conv2d;
import dev.bitfold.layers.Conv2dChannelsLast;
import dev.bitfold.layers.Embedding;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import dev.bitfold.layers.RMSNorm;
import dev.bitfold.layers.Window;
import dev.bitfold.onnx.Models;
import dev.bitfold.onnx.export.OnnxOptions;
import dev.bitfold.onnx.export.OnnxQdq;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxInfo;
import dev.bitfold.onnx.proof.OnnxProof;
import dev.bitfold.onnx.proof.ProofResult;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import onnx.Onnx.ModelProto;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks that models that exist only in Java are written as ONNX files that compute the same. */
@Tag("any-jdk")
class OnnxGraphTest {
  private static final double FLOAT = 1e-5;
  private static final double QUANTIZED = 2e-3;

  /** On CPUs without VNNI, products of u8 × s8 saturate. */
  private static final OnnxOptions OPTIONS = OnnxOptions.DEFAULT.withUnsignedWeights(true);

  private static final Window SAME = Window.UNIT.withPadding(1);

  @TempDir private Path folder;

  private Path out() {
    return folder.resolve("m.onnx");
  }

  private static Linear linear(long seed, int in, int out) {
    return new Linear(Models.random(seed, out, in), Models.random(seed + 100, out));
  }

  private static Conv2d conv(long seed, int in, int out) {
    return new Conv2d(
        Models.random(seed, out, in, 3, 3), Models.random(seed + 100, out), SAME, SAME, 1);
  }

  private static BatchNorm batchNorm(long seed, int channels, int axis) {
    INDArray variance = Models.random(seed + 3, channels);
    return new BatchNorm(
        Models.random(seed, channels),
        Models.random(seed + 1, channels),
        Models.random(seed + 2, channels),
        variance.mul(variance).add(0.5),
        1e-5,
        axis);
  }

  private static ProofResult.Proved proved(OnnxQdq.Exported exported) {
    return assertInstanceOf(ProofResult.Proved.class, exported.proof());
  }

  private static Described.Mlp mlp() {
    return new Described.Mlp(linear(1, 8, 16), linear(2, 16, 4));
  }

  private static OnnxGraph graph(Described.Mlp mlp) {
    OnnxGraph graph = OnnxGraph.named("mlp");
    OnnxValue x = graph.input("x", -1, 8);
    graph.output("y", x.layer("fc1", mlp.fc1()).relu().layer("fc2", mlp.fc2()));
    return graph;
  }

  private static Quantized<Described.Mlp> quantized(Described.Mlp mlp, INDArray x) {
    return Described_MlpQuantizer.of(mlp)
        .calibrate(List.of(x), Described.Mlp::forward)
        .smoothQuant(SmoothQuantOptions.alpha(0.5))
        .freeze();
  }

  @Test
  void aChainIsWrittenInFloatAndQuantized() throws Exception {
    Described.Mlp mlp = mlp();
    INDArray x = Models.random(3, 64, 8);

    OnnxQdq.Exported written = graph(mlp).write(mlp, Described.Mlp::forward, out());
    assertTrue(proved(written).largest() < FLOAT, "" + written);
    assertEquals(17, written.opset());
    assertEquals(Files.size(out()), written.bytes());
    assertTrue(Models.distance(Models.run(out(), x), mlp.forward(x)) < FLOAT);

    Quantized<Described.Mlp> quantized = quantized(mlp, x);
    OnnxQdq.Exported exported =
        graph(mlp).export(quantized, Described.Mlp::forward, OPTIONS, out());
    assertEquals(3, proved(exported).compared(), "two inputs of layers, one output");
    assertTrue(Models.distance(Models.run(out(), x), quantized.model().forward(x)) < QUANTIZED);
    assertEquals(2, OnnxInfo.of(out()).quantized().size());
    // The batch is open.
    assertEquals(5, Models.run(out(), Models.random(4, 5, 8)).size(0));
    var input = ModelProto.parseFrom(Files.readAllBytes(out())).getGraph().getInput(0);
    assertEquals("batch", input.getType().getTensorType().getShape().getDim(0).getDimParam());
  }

  @Test
  void blocksOfFourBitsRaiseTheOpset() throws Exception {
    Described.Mlp mlp = new Described.Mlp(linear(1, 32, 16), linear(2, 16, 4));
    INDArray x = Models.random(3, 64, 32);
    OnnxGraph graph = OnnxGraph.named("mlp");
    graph.output(
        "y", graph.input("x", -1, 32).layer("fc1", mlp.fc1()).relu().layer("fc2", mlp.fc2()));
    QuantDescriptor blocks =
        QuantDescriptor.builder().bits(4).blockSizes(BlockSize.along("I", 16)).build();
    Quantized<Described.Mlp> quantized =
        Described_MlpQuantizer.of(mlp)
            .describe("fc1.weight", blocks)
            .describe("fc1.x", QuantDescriptor.builder().bits(8).build())
            .calibrate(List.of(x), Described.Mlp::forward)
            .freeze();

    OnnxQdq.Exported exported = graph.export(quantized, Described.Mlp::forward, OPTIONS, out());

    assertEquals(21, exported.opset());
    assertTrue(Models.distance(Models.run(out(), x), quantized.model().forward(x)) < QUANTIZED);
  }

  private static Described.Cnn cnn() {
    return new Described.Cnn(
        conv(1, 3, 8), batchNorm(40, 8, 1), conv(2, 8, 8), conv(3, 8, 8), linear(4, 8, 5));
  }

  private static OnnxGraph graph(Described.Cnn cnn) {
    OnnxGraph graph = OnnxGraph.named("cnn");
    OnnxValue x = graph.input("x", -1, 3, -1, -1);
    OnnxValue h = x.layer("stem", cnn.stem()).layer("norm", cnn.norm()).relu();
    OnnxValue y = h.layer("conv1", cnn.conv1()).relu().layer("conv2", cnn.conv2()).add(h).relu();
    graph.output("y", y.globalAveragePool().flatten().layer("head", cnn.head()));
    return graph;
  }

  @Test
  void aResidualCnnIsWrittenInFloatAndQuantized() throws Exception {
    Described.Cnn cnn = cnn();
    INDArray x = Models.random(5, 16, 3, 10, 12);

    OnnxQdq.Exported written = graph(cnn).write(cnn, Described.Cnn::forward, out());
    assertTrue(proved(written).largest() < FLOAT, "" + written);
    assertTrue(Models.distance(Models.run(out(), x), cnn.forward(x)) < FLOAT);

    Quantized<Described.Cnn> quantized =
        Described_CnnQuantizer.of(cnn)
            .calibrate(List.of(x), Described.Cnn::forward)
            .correctBiases()
            .freeze();
    OnnxQdq.Exported exported =
        graph(cnn).export(quantized, Described.Cnn::forward, OPTIONS, out());
    assertEquals(4, proved(exported).compared(), "three inputs of layers, one output");
    assertTrue(Models.distance(Models.run(out(), x), quantized.model().forward(x)) < QUANTIZED);
    assertEquals(3, OnnxInfo.of(out()).quantized().size());
  }

  @Test
  void wordsWithAFoldedNormAreWritten() throws Exception {
    INDArray gain = Models.random(7, 8).addi(3);
    Described.Words words =
        new Described.Words(
            new Embedding(Models.random(6, 20, 8)),
            new LayerNorm(gain, Models.random(8, 8), 1e-5),
            linear(9, 8, 4));
    OnnxGraph graph = OnnxGraph.named("words");
    OnnxValue ids = graph.indices("ids", -1, -1);
    OnnxValue h = ids.layer("table", words.table()).layer("norm", words.norm());
    graph.output("y", h.layer("fc", words.fc()).tanh().mean(1));

    OnnxQdq.Exported written = graph.write(words, Described.Words::forward, out());
    assertTrue(proved(written).largest() < FLOAT, "" + written);

    INDArray batch = Nd4j.createFromArray(new long[][] {{1, 4, 19, 0}, {3, 3, 7, 12}});
    Quantized<Described.Words> quantized =
        Described_WordsQuantizer.of(words)
            .calibrate(List.of(batch), Described.Words::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.7))
            .freeze();
    OnnxQdq.Exported exported = graph.export(quantized, Described.Words::forward, OPTIONS, out());
    assertTrue(proved(exported).largest() < 1e-4, "" + exported);
  }

  @Test
  void aLayerThatIsCalledTwiceHasOneWeight() throws Exception {
    Described.Loop loop = new Described.Loop(List.of(linear(1, 6, 6)));
    INDArray x = Models.random(2, 32, 6);
    OnnxGraph graph = OnnxGraph.named("loop");
    OnnxValue h = graph.input("x", -1, 6);
    for (int i = 0; i < 2; i++) {
      h = h.layer("steps.0", loop.steps().get(0)).sigmoid();
    }
    graph.output("y", h);
    Quantized<Described.Loop> quantized =
        Described_LoopQuantizer.of(loop).calibrate(List.of(x), Described.Loop::forward).freeze();

    OnnxQdq.Exported exported = graph.export(quantized, Described.Loop::forward, OPTIONS, out());

    assertEquals(3, proved(exported).compared(), "two inputs of one layer, one output");
    assertEquals(2, OnnxInfo.of(out()).quantized().size());
    assertTrue(Models.distance(Models.run(out(), x), quantized.model().forward(x)) < QUANTIZED);
  }

  @Test
  void allOtherLayersAreWritten() throws Exception {
    Described.Sequences model =
        new Described.Sequences(
            new Conv1d(Models.random(1, 6, 2, 3), null, new Window(2, 1, 1), 2),
            new Conv1dChannelsLast(
                Models.random(2, 8, 6, 2), Models.random(3, 8), new Window(1, 0, 2), 1),
            new RMSNorm(Models.random(4, 8), 1e-6),
            batchNorm(50, 8, -1),
            linear(5, 8, 3));
    INDArray x = Models.random(6, 8, 4, 16);
    OnnxGraph graph = OnnxGraph.named("sequences");
    OnnxValue h = graph.input("x", -1, 4, -1).layer("first", model.first()).transpose(0, 2, 1);
    OnnxValue normed = h.layer("second", model.second()).layer("rms", model.rms());
    graph.output("y", normed.layer("last", model.last()).layer("fc", model.fc()));

    OnnxQdq.Exported written = graph.write(model, Described.Sequences::forward, out());
    assertTrue(proved(written).largest() < FLOAT, "" + written);
    Quantized<Described.Sequences> quantized =
        Described_SequencesQuantizer.of(model)
            .calibrate(List.of(x), Described.Sequences::forward)
            .freeze();
    graph.export(quantized, Described.Sequences::forward, OPTIONS, out());
    assertTrue(Models.distance(Models.run(out(), x), quantized.model().forward(x)) < QUANTIZED);

    Described.Images images =
        new Described.Images(
            new Conv2dChannelsLast(
                Models.random(7, 4, 1, 3, 3), Models.random(8, 4), SAME, Window.UNIT, 4));
    INDArray pictures = Models.random(9, 4, 7, 9, 4);
    OnnxGraph last = OnnxGraph.named("images");
    last.output("y", last.input("x", -1, 7, 9, 4).layer("conv", images.conv()));
    Quantized<Described.Images> int8 =
        Described_ImagesQuantizer.of(images)
            .calibrate(List.of(pictures), Described.Images::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    last.export(int8, Described.Images::forward, OPTIONS, out());
    assertTrue(
        Models.distance(Models.run(out(), pictures), int8.model().forward(pictures)) < QUANTIZED);
  }

  /** Each step against plain loops. */
  @Test
  void everyStepComputesWhatItSays() throws Exception {
    OnnxGraph graph = OnnxGraph.named("steps");
    OnnxValue x = graph.input("x", -1, 6, 8, 8);
    INDArray table = Models.random(1, 6, 1, 1);
    OnnxValue pooled =
        x.add(graph.constant("table", table)).maxPool(3, new Window(2, 1, 1)).averagePool(2, 2);
    OnnxValue flat = pooled.reshape(0, 6, -1).transpose(0, 2, 1);
    OnnxValue scores = flat.matMul(flat.transpose(0, 2, 1)).multiply(0.1).softmax(-1);
    OnnxValue joined = scores.matMul(flat).concat(2, flat.gelu(), flat.silu(), flat.clip(-1, 1));
    OnnxValue ratio = joined.leakyRelu(0.1).divide(joined.sigmoid().add(1)).subtract(joined);
    assertEquals("[-1, 4, 24]", java.util.Arrays.toString(ratio.shape()));
    graph.output("y", ratio.flatten());

    OnnxQdq.Exported written = graph.write("", (nothing, in) -> PlainSteps.run(in, table), out());

    assertTrue(proved(written).largest() < FLOAT, "" + written);
  }

  @Test
  void aStepThatForwardHasNotIsFound() throws Exception {
    Described.Mlp mlp = mlp();
    Quantized<Described.Mlp> quantized = quantized(mlp, Models.random(3, 64, 8));
    OnnxGraph graph = OnnxGraph.named("mlp");
    OnnxValue x = graph.input("x", -1, 8);
    graph.output("y", x.layer("fc1", mlp.fc1()).sigmoid().layer("fc2", mlp.fc2()));

    String floats = refused(() -> graph.write(mlp, Described.Mlp::forward, out()));
    String codes = refused(() -> graph.export(quantized, Described.Mlp::forward, OPTIONS, out()));

    assertTrue(
        floats.startsWith("mlp: output y differs from the model's by")
            && floats.contains("an activation, a residual"),
        floats);
    assertTrue(
        codes.startsWith("mlp: output y differs from the model's by")
            && codes.contains("an activation"),
        codes);
    String steps = "the file's steps are /fc1/MatMul, /fc1/Add, /Sigmoid, /fc2/MatMul, /fc2/Add";
    assertTrue(floats.contains(steps), floats);
    assertTrue(codes.contains("/fc1/Add, /Sigmoid, /fc2/MatMul"), codes);
    assertFalse(Files.exists(out()), "nothing is written");
  }

  private interface Call {
    Object run() throws Exception;
  }

  private static String refused(Call call) {
    return String.valueOf(assertThrows(OnnxException.class, call::run).getMessage());
  }

  private static void assertRefused(String expected, Consumer<OnnxGraph> steps) {
    OnnxGraph graph = OnnxGraph.named("m");
    String message =
        refused(
            () -> {
              steps.accept(graph);
              return graph.weights();
            });
    assertEquals("m: " + expected, message.lines().findFirst().orElse(""));
  }

  /** A layer that is not ready-made. */
  static final class Own {}

  @Test
  void whatDoesNotFitIsRefusedWithItsLayer() {
    Linear fc = linear(1, 8, 16);
    assertRefused("has no input yet", g -> {});
    assertRefused("has no output yet", g -> g.input("x", 1));
    assertRefused(
        "layer fc1 takes 8 channels on its last axis, and x [-1, 9] has others",
        g -> g.input("x", -1, 9).layer("fc1", fc));
    assertRefused(
        "layer fc1 takes floats, and x [-1, 8] holds integers",
        g -> g.indices("x", -1, 8).layer("fc1", fc));
    assertRefused(
        "layer table looks up integers, and x [-1] is of floats; see graph.indices",
        g -> g.input("x", -1).layer("table", new Embedding(Models.random(1, 4, 3))));
    assertRefused(
        "layer conv takes 3 channels on axis 1 of 4, and x [-1, 4, 8, 8] has others",
        g -> g.input("x", -1, 4, 8, 8).layer("conv", conv(1, 3, 2)));
    assertRefused(
        "layer conv has a kernel of 3, which does not fit into x [1, 2, 2, 2]",
        g ->
            g.input("x", 1, 2, 2, 2).layer("conv", new Conv2d(Models.random(1, 2, 2, 3, 3), null)));
    assertRefused(
        "has two layers fc1 with different weights; give each its own path",
        g -> g.input("x", -1, 16).layer("fc1", linear(1, 16, 16)).layer("fc1", linear(1, 16, 16)));
    assertRefused(
        "Add does not take x [-1, 3] and z [-1, 4]",
        g -> g.input("x", -1, 3).add(g.input("z", -1, 4)));
    assertRefused("Reshape of x [2, 6] to [4, 4]", g -> g.input("x", 2, 6).reshape(4, 4));
    assertRefused(
        "has no room for an input \"x\": names are not blank, and once",
        g -> g.input("x", 1).add(g.input("x", 1)));
    String own = refused(() -> OnnxGraph.named("m").input("x", 1).layer("fc", new Own()));
    assertTrue(own.contains("layer fc is a dev.bitfold.onnx.graph.OnnxGraphTest$Own"), own);
    assertTrue(own.contains("linear(path, weight, bias)"), own);
  }

  @Test
  void aQuantizedLayerOrAnotherModelIsRefused() throws Exception {
    Described.Mlp mlp = mlp();
    Quantized<Described.Mlp> quantized = quantized(mlp, Models.random(3, 64, 8));

    String layers = refused(() -> graph(quantized.model()));
    assertTrue(layers.contains("layer fc1 is a ") && layers.contains("the float model"), layers);

    Described.Mlp other = new Described.Mlp(linear(7, 8, 16), mlp.fc2());
    String weights =
        refused(() -> graph(other).export(quantized, Described.Mlp::forward, OPTIONS, out()));
    assertTrue(weights.contains("is another model: fc1.weight"), weights);

    OnnxGraph part = OnnxGraph.named("part");
    part.output("y", part.input("x", -1, 8).layer("fc1", mlp.fc1()));
    String missing = refused(() -> part.export(quantized, Described.Mlp::forward, OPTIONS, out()));
    assertTrue(missing.contains("fc2"), missing);
  }

  @Test
  void severalInputsAndOutputsNeedAProofThatNamesThem() throws Exception {
    Linear fc = linear(1, 4, 4);
    OnnxGraph graph = OnnxGraph.named("two");
    OnnxValue a = graph.input("a", -1, 4);
    OnnxValue b = graph.input("b", -1, 4);
    OnnxValue sum = a.add(b);
    graph.output("sum", sum);
    graph.output("y", sum.layer("fc", fc));
    graph.output("again", sum);
    graph.output("given", a);

    String alone = refused(() -> graph.write(fc, Linear::forward, out()));
    assertTrue(alone.contains("[a, b]") && alone.contains("OnnxProof.random().against"), alone);
    String against = refused(() -> graph.write(OnnxProof.random(), out()));
    assertTrue(against.contains("only the model's own outputs"), against);

    OnnxQdq.Exported written =
        graph.write(
            OnnxProof.random()
                .against(
                    feed -> {
                      INDArray s = feed.get("a").add(feed.get("b"));
                      return Map.of(
                          "sum", s, "y", fc.forward(s), "again", s, "given", feed.get("a"));
                    }),
            out());
    assertEquals(4, proved(written).compared());
    assertInstanceOf(
        ProofResult.Skipped.class,
        graph.write(OnnxProof.skipped("no runtime here"), out()).proof());
  }
}
