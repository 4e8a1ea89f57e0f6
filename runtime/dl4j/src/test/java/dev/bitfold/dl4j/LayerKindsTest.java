package dev.bitfold.dl4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.bitfold.descriptor.Recipe;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * Each layer beside Deeplearning4j's own one with weights and inputs that plain Java has quantized.
 */
class LayerKindsTest {
  /** Tells which elements of a tensor, in Deeplearning4j's form, share a scale. */
  private interface Channel {
    /** Returns the same for elements that do. */
    List<Long> at(long[] index, long element);

    static Channel of(Integer... axes) {
      return (index, element) -> Stream.of(axes).map(axis -> index[axis]).toList();
    }

    /** The last axis of the shape that the memory is read in. */
    static Channel last(long size) {
      return (index, element) -> List.of(element % size);
    }
  }

  private static final Channel FIRST = Channel.of(0);
  private static final Channel SECOND = Channel.of(1);
  private static final Channel DEPTHWISE = Channel.of(2, 3);
  private static final Channel SEPARABLE = Channel.of(0, 1);
  private static final Channel HEADS = Channel.of(0, 1);

  private static final Map<String, Channel> ATTENTION =
      Map.of("Wq", HEADS, "Wk", HEADS, "Wv", HEADS, "Wo", SECOND);
  private static final Map<String, Channel> RECURRENT = Map.of("W", SECOND, "RW", SECOND);

  private static final InputType IMAGE = InputType.convolutional(7, 6, 3);
  private static final long[] IMAGES = {4, 3, 7, 6};
  private static final InputType SEQUENCE = InputType.recurrent(4, 5);
  private static final long[] SEQUENCES = {3, 4, 5};

  static Stream<Arguments> layers() {
    return Stream.of(
        of(new DenseLayer.Builder().nOut(5), dense(), new long[] {6, 4}, Map.of("W", SECOND)),
        of(
            new DenseLayer.Builder().nOut(5).hasLayerNorm(true),
            dense(),
            new long[] {6, 4},
            Map.of("W", SECOND)),
        of(
            new OutputLayer.Builder(LossFunction.MSE).nOut(5).hasBias(false),
            dense(),
            new long[] {6, 4},
            Map.of("W", SECOND)),
        of(
            new CenterLossOutputLayer.Builder(LossFunction.MSE).nOut(5),
            dense(),
            new long[] {6, 4},
            Map.of("W", SECOND)),
        of(
            new RnnOutputLayer.Builder(LossFunction.MSE).nOut(2),
            SEQUENCE,
            SEQUENCES,
            Map.of("W", SECOND)),
        of(
            new ConvolutionLayer.Builder(3, 2).stride(2, 1).nOut(5),
            IMAGE,
            IMAGES,
            Map.of("W", FIRST)),
        of(
            new ConvolutionLayer.Builder(3, 2).nOut(5).dataFormat(CNN2DFormat.NHWC),
            InputType.convolutional(7, 6, 3, CNN2DFormat.NHWC),
            new long[] {4, 7, 6, 3},
            Map.of("W", FIRST)),
        of(
            new DepthwiseConvolution2D.Builder(3, 2).depthMultiplier(2).nIn(3).nOut(6),
            IMAGE,
            IMAGES,
            Map.of("W", DEPTHWISE)),
        of(
            new SeparableConvolution2D.Builder(3, 2).depthMultiplier(2).nOut(5),
            IMAGE,
            IMAGES,
            Map.of("W", SEPARABLE, "pW", FIRST)),
        of(new Deconvolution2D.Builder(3, 2).nOut(5), IMAGE, IMAGES, Map.of("W", SECOND)),
        of(
            new Convolution1DLayer.Builder(3).nOut(6),
            SEQUENCE,
            SEQUENCES,
            Map.of("W", Channel.last(6))),
        of(
            new Convolution1DLayer.Builder(3).nOut(6).rnnDataFormat(RNNFormat.NWC),
            InputType.recurrent(4, 5, RNNFormat.NWC),
            new long[] {3, 5, 4},
            Map.of("W", Channel.last(6))),
        of(new LSTM.Builder().nOut(3), SEQUENCE, SEQUENCES, RECURRENT),
        of(new SimpleRnn.Builder().nOut(3), SEQUENCE, SEQUENCES, RECURRENT),
        of(
            new Bidirectional(new LSTM.Builder().nOut(3).build()),
            SEQUENCE,
            SEQUENCES,
            Map.of("fW", SECOND, "fRW", SECOND, "bW", SECOND, "bRW", SECOND)),
        of(new LastTimeStep(new LSTM.Builder().nOut(3).build()), SEQUENCE, SEQUENCES, RECURRENT),
        of(
            new FrozenLayer(new DenseLayer.Builder().nOut(5).build()),
            dense(),
            new long[] {6, 4},
            Map.of("W", SECOND)),
        of(
            new SelfAttentionLayer.Builder().nOut(3).nHeads(2).headSize(3).projectInput(true),
            SEQUENCE,
            SEQUENCES,
            ATTENTION),
        of(
            new RecurrentAttentionLayer.Builder().nOut(3).nHeads(2).headSize(3).projectInput(true),
            SEQUENCE,
            SEQUENCES,
            with(ATTENTION, RECURRENT)));
  }

  private static InputType dense() {
    return InputType.feedForward(4);
  }

  private static Map<String, Channel> with(Map<String, Channel> one, Map<String, Channel> other) {
    Map<String, Channel> both = new HashMap<>(one);
    both.putAll(other);
    return both;
  }

  private static Arguments of(
      Layer.Builder<?> layer, InputType type, long[] shape, Map<String, Channel> channels) {
    Layer built = layer.build();
    return of(built, type, shape, channels);
  }

  private static Arguments of(
      Layer layer, InputType type, long[] shape, Map<String, Channel> channels) {
    return arguments(layer.getClass().getSimpleName(), layer, type, shape, channels);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("layers")
  void weightsAndInputsAreQuantized(
      String name, Layer layer, InputType type, long[] shape, Map<String, Channel> channels) {
    layer.setLayerName("layer");
    MultiLayerNetwork network = Networks.of(type, layer);
    INDArray x = Networks.random(1, shape);
    MultiLayerNetwork expected = network.clone();
    channels.forEach((key, channel) -> quantize(expected.getLayer(0).getParam(key), channel));

    MultiLayerNetwork weights =
        Dl4jQuantizer.of(network).using(Recipe.INT8_WEIGHTS).freeze().model();
    assertSame(expected.output(x), weights.output(x));

    MultiLayerNetwork both =
        Dl4jQuantizer.of(network).calibrate(List.of(x), MultiLayerNetwork::output).freeze().model();
    INDArray quantized = x.dup('c');
    quantize(quantized, Channel.of());
    assertSame(expected.output(quantized), both.output(x));
  }

  @ParameterizedTest
  @MethodSource("tables")
  void tablesAreQuantizedByRow(Layer layer, INDArray indices) {
    layer.setLayerName("layer");
    MultiLayerNetwork network = Networks.of(InputType.recurrent(6, 3), layer);
    MultiLayerNetwork expected = network.clone();
    quantize(expected.getLayer(0).getParam("W"), FIRST);
    MultiLayerNetwork actual = Dl4jQuantizer.of(network).freeze().model();
    assertSame(expected.output(indices), actual.output(indices));
    assertEquals(List.of(), Dl4jQuantizer.left(network));
  }

  static Stream<Arguments> tables() {
    return Stream.of(
        arguments(
            new EmbeddingLayer.Builder().nIn(6).nOut(4).hasBias(true).build(),
            Nd4j.createFromArray(new float[][] {{1}, {5}, {0}})),
        arguments(
            new EmbeddingSequenceLayer.Builder().nIn(6).nOut(4).inputLength(3).build(),
            Nd4j.createFromArray(new float[][] {{1, 5, 0}, {2, 2, 3}})));
  }

  /** Rounds to the 255 multiples of the largest magnitude of each channel over 127. */
  private static void quantize(INDArray values, Channel channel) {
    Map<List<Long>, Float> largest = new HashMap<>();
    for (long n = 0; n < values.length(); n++) {
      long[] i = index(n, values.shape());
      largest.merge(channel.at(i, n), Math.abs(values.getFloat(i)), Math::max);
    }
    for (long n = 0; n < values.length(); n++) {
      long[] i = index(n, values.shape());
      float scale = largest.getOrDefault(channel.at(i, n), 0f) / 127;
      values.putScalar(i, (float) Math.rint(values.getFloat(i) / scale) * scale);
    }
  }

  private static long[] index(long n, long[] shape) {
    long[] index = new long[shape.length];
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = n % shape[axis];
      n /= shape[axis];
    }
    return index;
  }

  private static void assertSame(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat(), 2e-6f);
  }
}
