package dev.bitfold.layers;

import static dev.bitfold.layers.Tensors.assertClose;
import static dev.bitfold.layers.Tensors.assertGradient;
import static dev.bitfold.layers.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.layer.Gradients;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

@Tag("slow")
@Tag("any-jdk")
class ConvolutionTest {
  private static final String CASES =
      """
      in, out, groups, kh, kw, stride, padding, dilation
      3, 5, 1, 3, 3, 1, 0, 1
      4, 6, 1, 3, 2, 2, 1, 1
      4, 6, 2, 3, 3, 1, 1, 1
      6, 9, 3, 2, 3, 2, 2, 2
      4, 4, 4, 3, 3, 1, 1, 1
      3, 6, 3, 3, 2, 2, 1, 2
      5, 2, 1, 1, 1, 1, 0, 1
      2, 3, 1, 3, 3, 3, 2, 2
      """;

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void convolvesImagesAsOnnxRuntimeDoes(
      int in, int out, int groups, int kh, int kw, int stride, int padding, int dilation) {
    Random random = new Random(17);
    Window rows = new Window(stride, padding, dilation);
    Window columns = new Window(1, padding + 1, dilation);
    INDArray w = random(random, DataType.FLOAT, out, in / groups, kh, kw);
    INDArray b = random(random, DataType.FLOAT, out);
    INDArray x = random(random, DataType.FLOAT, 2, in, 9, 8);
    INDArray expected =
        OnnxOracle.run(
            "Conv",
            Map.of(
                "group",
                groups,
                "strides",
                new int[] {stride, 1},
                "pads",
                new int[] {padding, padding + 1, padding, padding + 1},
                "dilations",
                new int[] {dilation, dilation}),
            x,
            w,
            b);
    assertClose(expected, new Conv2d(w, b, rows, columns, groups).forward(x), 1e-5, "NCHW");
    INDArray last = x.permute(0, 2, 3, 1);
    INDArray expectedLast = expected.permute(0, 2, 3, 1);
    Conv2dChannelsLast conv = new Conv2dChannelsLast(w, b, rows, columns, groups);
    assertClose(expectedLast, conv.forward(last), 1e-5, "NHWC, a view");
    assertClose(expectedLast, conv.forward(last.dup('c')), 1e-5, "NHWC");
  }

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void convolvesSequencesAsOnnxRuntimeDoes(
      int in, int out, int groups, int kh, int kw, int stride, int padding, int dilation) {
    Random random = new Random(18);
    Window window = new Window(stride, padding, dilation);
    INDArray w = random(random, DataType.FLOAT, out, in / groups, kh);
    INDArray x = random(random, DataType.FLOAT, 2, in, 9);
    INDArray expected =
        OnnxOracle.run(
            "Conv",
            Map.of(
                "group",
                groups,
                "strides",
                new int[] {stride},
                "pads",
                new int[] {padding, padding},
                "dilations",
                new int[] {dilation}),
            x,
            w);
    assertClose(expected, new Conv1d(w, null, window, groups).forward(x), 1e-5, "NCT");
    INDArray last = new Conv1dChannelsLast(w, null, window, groups).forward(x.permute(0, 2, 1));
    assertClose(expected.permute(0, 2, 1), last, 1e-5, "NTC");
  }

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void hasTheGradientsOfCentralDifferences(
      int in, int out, int groups, int kh, int kw, int stride, int padding, int dilation) {
    Random random = new Random(19);
    Window rows = new Window(stride, padding, dilation);
    INDArray w = random(random, DataType.DOUBLE, out, in / groups, kh, kw);
    INDArray b = random(random, DataType.DOUBLE, out);
    INDArray x = random(random, DataType.DOUBLE, 2, in, 6, 5);
    Conv2d conv = new Conv2d(w, b, rows, rows, groups);
    INDArray g = random(random, DataType.DOUBLE, conv.forward(x).shape());
    Gradients gradients = conv.backward(x, g);
    assertGradient(gradients.input(), x, g, conv::forward, "input");
    assertGradient(
        gradients.parameter("weight"),
        w,
        g,
        v -> new Conv2d(v, b, rows, rows, groups).forward(x),
        "weight");
    assertGradient(
        gradients.parameter("bias"),
        b,
        g,
        v -> new Conv2d(w, v, rows, rows, groups).forward(x),
        "bias");

    INDArray last = x.permute(0, 2, 3, 1).dup('c');
    Gradients lastGradients =
        new Conv2dChannelsLast(w, b, rows, rows, groups).backward(last, g.permute(0, 2, 3, 1));
    assertClose(gradients.input().permute(0, 2, 3, 1), lastGradients.input(), 1e-12, "NHWC input");
    for (String tensor : new String[] {"weight", "bias"}) {
      assertClose(
          gradients.parameter(tensor), lastGradients.parameter(tensor), 1e-12, "NHWC " + tensor);
    }
  }

  @ParameterizedTest
  @CsvSource(useHeadersInDisplayName = true, textBlock = CASES)
  void hasTheGradientsOfSequences(
      int in, int out, int groups, int kh, int kw, int stride, int padding, int dilation) {
    Random random = new Random(20);
    Window window = new Window(stride, padding, dilation);
    INDArray w = random(random, DataType.DOUBLE, out, in / groups, kw);
    INDArray x = random(random, DataType.DOUBLE, 2, in, 7);
    Conv1d conv = new Conv1d(w, null, window, groups);
    INDArray g = random(random, DataType.DOUBLE, conv.forward(x).shape());
    Gradients gradients = conv.backward(x, g);
    assertGradient(gradients.input(), x, g, conv::forward, "input");
    assertGradient(
        gradients.parameter("weight"),
        w,
        g,
        v -> new Conv1d(v, null, window, groups).forward(x),
        "weight");
    assertThrows(IllegalArgumentException.class, () -> gradients.parameter("bias"));
    Gradients last =
        new Conv1dChannelsLast(w, null, window, groups)
            .backward(x.permute(0, 2, 1), g.permute(0, 2, 1));
    assertClose(gradients.input().permute(0, 2, 1), last.input(), 1e-12, "NTC input");
    assertClose(gradients.parameter("weight"), last.parameter("weight"), 1e-12, "NTC weight");
  }

  @Test
  void refusesWrongShapesByName() {
    INDArray w = Nd4j.ones(8, 2, 3, 3);
    Conv2d conv = new Conv2d(w, null, Window.UNIT, Window.UNIT, 2);
    assertMessage(
        "Conv2d expects an input of shape [n, 4, h, w], not [1, 3, 8, 8]",
        () -> conv.forward(Nd4j.ones(1, 3, 8, 8)));
    assertMessage(
        "Conv2d expects an input, padded, of at least its kernel's size [3, 3], not [1, 4, 2, 8]",
        () -> conv.forward(Nd4j.ones(1, 4, 2, 8)));
    assertMessage(
        "Conv2d expects a gradOutput of shape [1, 8, 6, 6], not [1, 8, 8, 8]",
        () -> conv.backward(Nd4j.ones(1, 4, 8, 8), Nd4j.ones(1, 8, 8, 8)));
    assertMessage(
        "Conv2d expects a bias of shape [8], not [4]",
        () -> new Conv2d(w, Nd4j.ones(DataType.FLOAT, 4)));
    assertMessage(
        "Conv2d with 3 groups: its weight's 8 output channels cannot be divided among them",
        () -> new Conv2d(w, null, Window.UNIT, Window.UNIT, 3));
    assertMessage(
        "Conv1d expects a weight of shape [out, in / groups, kt], not [8, 2, 3, 3]",
        () -> new Conv1d(w, null));
    assertMessage(
        "stride 0, padding 0, dilation 1: stride and dilation are at least 1, padding is at least 0",
        () -> Window.UNIT.withStride(0));
  }

  private static void assertMessage(String message, Runnable action) {
    assertEquals(message, assertThrows(IllegalArgumentException.class, action::run).getMessage());
  }
}
