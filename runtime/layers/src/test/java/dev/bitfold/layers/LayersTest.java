package dev.bitfold.layers;

import static dev.bitfold.layers.Tensors.assertClose;
import static dev.bitfold.layers.Tensors.assertGradient;
import static dev.bitfold.layers.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.layer.Gradients;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LayersTest {
  private static final DataType F = DataType.FLOAT;
  private static final DataType D = DataType.DOUBLE;
  private final Random random = new Random(7);

  @Test
  void linearIsGemmOfOnnxRuntime() {
    INDArray w = random(random, F, 5, 7);
    INDArray b = random(random, F, 5);
    INDArray x = random(random, F, 6, 7);
    INDArray expected = OnnxOracle.run("Gemm", Map.of("transB", 1), x, w, b);
    Linear linear = new Linear(w, b);
    assertClose(expected, linear.forward(x), 1e-5, "[6, 7]");
    assertClose(expected.reshape(2, 3, 5), linear.forward(x.reshape(2, 3, 7)), 1e-5, "[2, 3, 7]");
    assertClose(expected, linear.forward(x.dup('f')), 1e-5, "in Fortran order");
    assertClose(
        OnnxOracle.run("Gemm", Map.of("transB", 1), x, w),
        new Linear(w, null).forward(x),
        1e-5,
        "no bias");
  }

  @Test
  void linearHasTheGradientsOfCentralDifferences() {
    INDArray w = random(random, D, 4, 3);
    INDArray b = random(random, D, 4);
    INDArray x = random(random, D, 2, 5, 3);
    INDArray g = random(random, D, 2, 5, 4);
    Gradients gradients = new Linear(w, b).backward(x, g);
    assertGradient(gradients.input(), x, g, new Linear(w, b)::forward, "input");
    assertGradient(gradients.parameter("weight"), w, g, v -> new Linear(v, b).forward(x), "weight");
    assertGradient(gradients.parameter("bias"), b, g, v -> new Linear(w, v).forward(x), "bias");
  }

  @ParameterizedTest
  @ValueSource(doubles = {1e-12, 1e-5, 0.1})
  void layerNormIsThatOfOnnxRuntime(double epsilon) {
    INDArray w = random(random, F, 33);
    INDArray b = random(random, F, 33);
    INDArray x = random(random, F, 2, 5, 33).addi(3);
    Map<String, Object> attributes = Map.of("axis", -1, "epsilon", (float) epsilon);
    INDArray expected = OnnxOracle.run("LayerNormalization", attributes, x, w, b);
    assertClose(expected, new LayerNorm(w, b, epsilon).forward(x), 1e-5, "LayerNorm");
  }

  @Test
  void layerNormHasTheGradientsOfCentralDifferences() {
    INDArray w = random(random, D, 6);
    INDArray b = random(random, D, 6);
    INDArray x = random(random, D, 3, 6);
    INDArray g = random(random, D, 3, 6);
    LayerNorm norm = new LayerNorm(w, b, 0.01);
    Gradients gradients = norm.backward(x, g);
    assertGradient(gradients.input(), x, g, norm::forward, "input");
    assertGradient(
        gradients.parameter("weight"), w, g, v -> new LayerNorm(v, b, 0.01).forward(x), "weight");
    assertGradient(
        gradients.parameter("bias"), b, g, v -> new LayerNorm(w, v, 0.01).forward(x), "bias");
  }

  @Test
  void rmsNormIsTheFormula() {
    INDArray w = random(random, F, 9);
    INDArray x = random(random, F, 4, 9);
    INDArray expected = Nd4j.zeros(F, 4, 9);
    for (int r = 0; r < 4; r++) {
      double squares = 0;
      for (int c = 0; c < 9; c++) {
        squares += x.getDouble(r, c) * x.getDouble(r, c);
      }
      for (int c = 0; c < 9; c++) {
        double y = x.getDouble(r, c) / Math.sqrt(squares / 9 + 0.01) * w.getDouble(c);
        expected.putScalar(r, c, y);
      }
    }
    assertClose(expected, new RMSNorm(w, 0.01).forward(x), 1e-6, "RMSNorm");
  }

  @Test
  void rmsNormHasTheGradientsOfCentralDifferences() {
    INDArray w = random(random, D, 6);
    INDArray x = random(random, D, 3, 6);
    INDArray g = random(random, D, 3, 6);
    RMSNorm norm = new RMSNorm(w, 0.01);
    Gradients gradients = norm.backward(x, g);
    assertGradient(gradients.input(), x, g, norm::forward, "input");
    assertGradient(
        gradients.parameter("weight"), w, g, v -> new RMSNorm(v, 0.01).forward(x), "weight");
  }

  private BatchNorm batchNorm(DataType type, int channels, int axis) {
    return new BatchNorm(
        random(random, type, channels),
        random(random, type, channels),
        random(random, type, channels),
        random(random, type, channels).addi(1.5),
        1e-3,
        axis);
  }

  @Test
  void batchNormIsThatOfOnnxRuntime() {
    BatchNorm norm = batchNorm(F, 4, 1);
    INDArray x = random(random, F, 2, 4, 5, 3);
    INDArray expected =
        OnnxOracle.run(
            "BatchNormalization",
            Map.of("epsilon", 1e-3f),
            x,
            norm.weight(),
            norm.bias(),
            norm.mean(),
            norm.variance());
    assertClose(expected, norm.forward(x), 1e-5, "NCHW");
    BatchNorm last =
        new BatchNorm(norm.weight(), norm.bias(), norm.mean(), norm.variance(), 1e-3, -1);
    assertClose(expected.permute(0, 2, 3, 1), last.forward(x.permute(0, 2, 3, 1)), 1e-5, "NHWC");
  }

  @Test
  void batchNormHasTheGradientsOfCentralDifferences() {
    BatchNorm norm = batchNorm(D, 3, 1);
    INDArray x = random(random, D, 2, 3, 4);
    INDArray g = random(random, D, 2, 3, 4);
    Gradients gradients = norm.backward(x, g);
    assertGradient(gradients.input(), x, g, norm::forward, "input");
    assertGradient(
        gradients.parameter("weight"),
        norm.weight(),
        g,
        v -> new BatchNorm(v, norm.bias(), norm.mean(), norm.variance(), 1e-3).forward(x),
        "weight");
    assertGradient(
        gradients.parameter("bias"),
        norm.bias(),
        g,
        v -> new BatchNorm(norm.weight(), v, norm.mean(), norm.variance(), 1e-3).forward(x),
        "bias");
  }

  @Test
  void batchNormFoldsIntoTheLayerBeforeIt() {
    BatchNorm norm = batchNorm(F, 6, 1);
    BatchNorm last =
        new BatchNorm(norm.weight(), norm.bias(), norm.mean(), norm.variance(), 1e-3, -1);
    Window window = new Window(2, 1, 1);
    INDArray b = random(random, F, 6);
    INDArray image = random(random, F, 2, 4, 7, 6);
    INDArray kernel = random(random, F, 6, 2, 3, 3);
    Conv2d conv2d = new Conv2d(kernel, b, window, Window.UNIT, 2);
    assertClose(
        norm.forward(conv2d.forward(image)), norm.foldInto(conv2d).forward(image), 1e-5, "Conv2d");
    INDArray imageLast = image.permute(0, 2, 3, 1).dup('c');
    Conv2dChannelsLast conv2dLast = new Conv2dChannelsLast(kernel, null, Window.UNIT, window, 2);
    assertClose(
        last.forward(conv2dLast.forward(imageLast)),
        last.foldInto(conv2dLast).forward(imageLast),
        1e-5,
        "Conv2dChannelsLast");
    INDArray sequence = random(random, F, 2, 6, 7);
    INDArray taps = random(random, F, 6, 1, 3);
    Conv1d conv1d = new Conv1d(taps, null, window, 6);
    assertClose(
        norm.forward(conv1d.forward(sequence)),
        norm.foldInto(conv1d).forward(sequence),
        1e-5,
        "Conv1d");
    Conv1dChannelsLast conv1dLast = new Conv1dChannelsLast(taps, b, window, 6);
    INDArray sequenceLast = sequence.permute(0, 2, 1).dup('c');
    assertClose(
        last.forward(conv1dLast.forward(sequenceLast)),
        last.foldInto(conv1dLast).forward(sequenceLast),
        1e-5,
        "Conv1dChannelsLast");
    Linear linear = new Linear(random(random, F, 6, 5), b);
    INDArray x = random(random, F, 3, 5);
    assertClose(norm.forward(linear.forward(x)), norm.foldInto(linear).forward(x), 1e-5, "Linear");
    assertMessage(
        "BatchNorm expects a layer before it with 6 outputs, not [3, 5]",
        () -> norm.foldInto(new Linear(Nd4j.ones(3, 5), null)));
    Linear other = new Linear(Nd4j.ones(6, 5), null) {};
    assertThrows(IllegalArgumentException.class, () -> norm.foldInto(other));
  }

  @Test
  void embeddingLooksRowsUp() {
    INDArray w = random(random, F, 10, 4);
    INDArray ids = Nd4j.createFromArray(new long[][] {{3, 0, 9}, {3, 3, 1}});
    INDArray y = new Embedding(w).forward(ids);
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        for (int c = 0; c < 4; c++) {
          assertEquals(w.getFloat(ids.getLong(i, j), c), y.getFloat(i, j, c));
        }
      }
    }
  }

  @Test
  void embeddingAddsTheGradientsOfRepeatedIndices() {
    INDArray w = random(random, D, 5, 3);
    INDArray ids = Nd4j.createFromArray(new int[] {3, 0, 3, 1});
    INDArray g = random(random, D, 4, 3);
    Gradients gradients = new Embedding(w).backward(ids, g);
    assertGradient(
        gradients.parameter("weight"), w, g, v -> new Embedding(v).forward(ids), "weight");
    assertEquals(0.0, gradients.input().norm1Number().doubleValue());
  }

  @Test
  void wrongShapesNameTheLayer() {
    INDArray four = Nd4j.ones(F, 4);
    assertMessage(
        "Linear expects an input of shape [..., 3], not [2, 4]",
        () -> new Linear(Nd4j.ones(5, 3), null).forward(Nd4j.ones(2, 4)));
    assertMessage(
        "Linear expects a weight of shape [out, in], not [4]", () -> new Linear(four, null));
    assertMessage(
        "LayerNorm expects an input of shape [..., 4], not [2, 3]",
        () -> new LayerNorm(four, four, 1e-5).forward(Nd4j.ones(2, 3)));
    assertMessage(
        "RMSNorm with epsilon = -1.0: it is finite and not negative", () -> new RMSNorm(four, -1));
    assertMessage(
        "BatchNorm expects an input of shape [...] with 4 channels on axis 1, not [2, 3, 4]",
        () -> new BatchNorm(four, four, four, four, 0).forward(Nd4j.ones(2, 3, 4)));
    assertMessage(
        "Embedding of 4 rows has no index 4",
        () -> new Embedding(Nd4j.ones(4, 2)).forward(Nd4j.createFromArray(1, 4)));
    assertMessage(
        "Embedding expects integers, not FLOAT: cast the indices",
        () -> new Embedding(Nd4j.ones(4, 2)).forward(four));
  }

  @Test
  @NullUnmarked
  void nullArgumentsAreNamed() {
    INDArray w = Nd4j.ones(4, 4);
    INDArray kernel = Nd4j.ones(4, 4, 3, 3);
    Window window = new Window(1, 1, 1);
    assertNamed("weight", () -> new Linear(null, w));
    assertNamed("x", () -> new Linear(w, null).forward(null));
    assertNamed("weight", () -> new Embedding(null));
    assertNamed("indices", () -> new Embedding(w).forward(null));
    assertNamed("bias", () -> new LayerNorm(w, null, 1e-5));
    assertNamed("weight", () -> new RMSNorm(null, 1e-5));
    assertNamed("variance", () -> new BatchNorm(w, w, w, null, 1e-5));
    assertNamed("weight", () -> new Conv2d(null, null, window, window, 1));
    assertNamed("columns", () -> new Conv2d(kernel, null, window, null, 1));
    assertNamed("window", () -> new Conv1d(Nd4j.ones(4, 4, 3), null, null, 1));
    assertNamed("x", () -> new Conv2d(kernel, null, window, window, 1).forward(null));
  }

  private static void assertNamed(String parameter, Runnable action) {
    assertEquals(parameter, assertThrows(NullPointerException.class, action::run).getMessage());
  }

  private static void assertMessage(String message, Runnable action) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, action::run).getMessage());
  }
}
