package dev.bitfold.dl4j.layer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.BaseRecurrentLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1D;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.Convolution2D;
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
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.conf.layers.util.MaskZeroLayer;
import org.jspecify.annotations.Nullable;

/**
 * The layer classes of Deeplearning4j whose tensors are known. A subclass is not: it may compute
 * something else.
 */
final class KnownLayers {
  private static final Map<Class<?>, Function<Layer, LayerKind>> KINDS =
      Map.ofEntries(
          Map.entry(DenseLayer.class, KnownLayers::dense),
          Map.entry(OutputLayer.class, layer -> dense("NC")),
          Map.entry(CenterLossOutputLayer.class, layer -> dense("NC")),
          Map.entry(
              RnnOutputLayer.class,
              layer -> dense(sequence(((RnnOutputLayer) layer).getRnnDataFormat()))),
          Map.entry(ConvolutionLayer.class, layer -> convolution(layer, "OIHW", Form.SAME)),
          Map.entry(Convolution2D.class, layer -> convolution(layer, "OIHW", Form.SAME)),
          Map.entry(Deconvolution2D.class, layer -> convolution(layer, "IOHW", Form.SAME)),
          Map.entry(
              DepthwiseConvolution2D.class, layer -> convolution(layer, "OIHW", Form.DEPTHWISE)),
          Map.entry(SeparableConvolution2D.class, KnownLayers::separable),
          Map.entry(Convolution1DLayer.class, KnownLayers::convolution1d),
          Map.entry(Convolution1D.class, KnownLayers::convolution1d),
          Map.entry(EmbeddingLayer.class, layer -> embedding()),
          Map.entry(EmbeddingSequenceLayer.class, layer -> embedding()),
          Map.entry(LSTM.class, KnownLayers::recurrent),
          Map.entry(SimpleRnn.class, KnownLayers::recurrent),
          Map.entry(SelfAttentionLayer.class, layer -> attention()),
          Map.entry(RecurrentAttentionLayer.class, layer -> recurrentAttention()),
          Map.entry(BatchNormalization.class, layer -> normalization()));

  private static final String INSIDE = ": computed inside of Deeplearning4j's layer";

  private static final String HIDDEN_STATE = "its hidden state" + INSIDE;

  private KnownLayers() {}

  /** Returns what of a layer is quantized; null if its class is not known. */
  static @Nullable LayerKind of(Layer layer) {
    Layer inner = inner(layer);
    if (inner instanceof Bidirectional both && inner.getClass() == Bidirectional.class) {
      LayerKind one = of(both.getFwd());
      return one == null ? null : bidirectional(one);
    }
    Function<Layer, LayerKind> kind = KINDS.get(inner.getClass());
    return kind == null ? null : kind.apply(inner);
  }

  /** Returns the layer behind those that only freeze it, mask it or select of its output. */
  static Layer inner(Layer layer) {
    if (layer instanceof FrozenLayer frozen) {
      return inner(frozen.getLayer());
    } else if (layer instanceof FrozenLayerWithBackprop frozen) {
      return inner(frozen.getUnderlying());
    } else if (layer instanceof LastTimeStep last) {
      return inner(last.getUnderlying());
    } else if (layer instanceof ObservedLayer observed) {
      return inner(observed.getUnderlying());
    } else if (layer instanceof MaskZeroLayer masked) {
      return inner(masked.getUnderlying());
    }
    return layer;
  }

  private static LayerKind dense(Layer layer) {
    LayerKind kind = dense("NC");
    return ((DenseLayer) layer).hasLayerNorm()
        ? new LayerKind(
            kind.parameters(), kind.input(), false, true, List.of("its layer normalization"))
        : kind;
  }

  private static LayerKind dense(String input) {
    return LayerKind.linear(Parameter.weight("W", "IO"), input);
  }

  private static LayerKind convolution(Layer layer, String letters, Form form) {
    return LayerKind.linear(Parameter.weight("W", letters, form), image(layer));
  }

  private static LayerKind convolution1d(Layer layer) {
    return LayerKind.linear(
        Parameter.weight("W", "OIT", Form.SEQUENCE),
        sequence(((Convolution1DLayer) layer).getRnnDataFormat()));
  }

  private static LayerKind separable(Layer layer) {
    return new LayerKind(
        List.of(
            Parameter.weight("W", "OIHW", Form.SEPARABLE),
            Parameter.weight("pW", "OIHW"),
            Parameter.bias("b")),
        image(layer),
        true,
        false,
        List.of("what its depthwise kernels give its pointwise kernels" + INSIDE));
  }

  private static LayerKind normalization() {
    return LayerKind.inner(
        "",
        List.of("it multiplies each channel by a number, which smoothing scales are folded into"),
        Parameter.factor("gamma"),
        Parameter.factor("beta"));
  }

  private static LayerKind embedding() {
    return LayerKind.inner("", List.of(), Parameter.table("W"), Parameter.bias("b"));
  }

  private static LayerKind recurrent(Layer layer) {
    return LayerKind.inner(
        sequence(((BaseRecurrentLayer) layer).getRnnDataFormat()),
        List.of(HIDDEN_STATE),
        Parameter.weight("W", "IO"),
        Parameter.weight("RW", "IO"),
        Parameter.bias("b"));
  }

  private static LayerKind attention() {
    return LayerKind.inner(
        "NCT",
        List.of("its queries, keys, values and heads" + INSIDE),
        Parameter.weight("Wq", "OI", Form.HEADS),
        Parameter.weight("Wk", "OI", Form.HEADS),
        Parameter.weight("Wv", "OI", Form.HEADS),
        Parameter.weight("Wo", "IO"));
  }

  private static LayerKind recurrentAttention() {
    return attention()
        .with(
            List.of(Parameter.weight("W", "IO"), Parameter.weight("RW", "IO"), Parameter.bias("b")),
            HIDDEN_STATE);
  }

  private static LayerKind bidirectional(LayerKind one) {
    List<Parameter> both = new ArrayList<>();
    one.parameters().forEach(parameter -> both.add(parameter.of("f")));
    one.parameters().forEach(parameter -> both.add(parameter.of("b")));
    return new LayerKind(both, one.input(), false, false, one.floats());
  }

  private static String image(Layer layer) {
    boolean first = ((ConvolutionLayer) layer).getCnn2dDataFormat() == CNN2DFormat.NCHW;
    return first ? "NCHW" : "NHWC";
  }

  private static String sequence(@Nullable RNNFormat format) {
    return format == RNNFormat.NWC ? "NTC" : "NCT";
  }
}
