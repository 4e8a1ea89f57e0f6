package dev.bitfold.dl4j.onnx;

import dev.bitfold.dl4j.layer.StandardForm;
import dev.bitfold.dl4j.network.MultiLayers;
import dev.bitfold.dl4j.network.Place;
import dev.bitfold.layers.BatchNorm;
import dev.bitfold.onnx.export.OnnxMapping;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.graph.OnnxValue;
import java.util.List;
import java.util.Objects;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.InputPreProcessor;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.Deconvolution2D;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.DepthwiseConvolution2D;
import org.deeplearning4j.nn.conf.layers.DropoutLayer;
import org.deeplearning4j.nn.conf.layers.FeedForwardLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.preprocessor.CnnToFeedForwardPreProcessor;
import org.deeplearning4j.nn.conf.preprocessor.FeedForwardToCnnPreProcessor;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Describes the layers of a network as steps of an ONNX graph. */
final class NetworkChain {
  private final List<Place> places;

  NetworkChain(MultiLayerNetwork network) {
    MultiLayers access = new MultiLayers();
    access.check(network);
    this.places = access.places(network);
  }

  /** Returns the network's output for an input. */
  OnnxValue after(OnnxValue input) {
    OnnxValue x = input;
    for (Place place : places) {
      x = layer(place, preprocessed(place, x));
    }
    return x;
  }

  /** Returns a mapping that has the tensors of normalizations under Deeplearning4j's names, too. */
  static OnnxMapping withNormalizations(MultiLayerNetwork network, OnnxMapping mapping) {
    OnnxMapping all = mapping;
    for (Place place : new MultiLayers().places(network)) {
      if (place.layer() instanceof BatchNormalization) {
        all =
            all.tensor(place.name() + ".gamma", place.name() + ".weight")
                .tensor(place.name() + ".beta", place.name() + ".bias");
      }
    }
    return all;
  }

  private static OnnxValue preprocessed(Place place, OnnxValue x) {
    InputPreProcessor preprocessor = place.preprocessor();
    if (preprocessor == null) {
      return x;
    } else if (preprocessor instanceof CnnToFeedForwardPreProcessor flat
        && flat.getFormat() == CNN2DFormat.NCHW) {
      return x.flatten();
    } else if (preprocessor instanceof FeedForwardToCnnPreProcessor image) {
      return x.reshape(0, image.getNumChannels(), image.getInputHeight(), image.getInputWidth());
    }
    throw bad(place, "its preprocessor " + preprocessor.getClass().getSimpleName());
  }

  private static OnnxValue layer(Place place, OnnxValue x) {
    Layer layer = Objects.requireNonNull(place.layer());
    if (layer instanceof SubsamplingLayer pooling) {
      return pooled(place, pooling, x);
    } else if (layer instanceof ActivationLayer activation) {
      return Activations.of(place, activation.getActivationFn(), x);
    } else if (layer instanceof DropoutLayer) {
      return x;
    } else if (layer instanceof BatchNormalization normalization) {
      return x.layer(place.name(), norm(place, normalization));
    } else if (layer instanceof RnnOutputLayer output) {
      requireSequence(place, output.getRnnDataFormat());
      OnnxValue scores = activated(place, output, dense(place, x.transpose(0, 2, 1)));
      return scores.transpose(0, 2, 1);
    } else if (layer.getClass() == DenseLayer.class || layer.getClass() == OutputLayer.class) {
      return activated(place, (FeedForwardLayer) layer, dense(place, x));
    } else if (layer instanceof ConvolutionLayer convolution) {
      return activated(place, convolution, convolution(place, convolution, x));
    }
    throw bad(place, "what it computes");
  }

  private static OnnxValue activated(Place place, FeedForwardLayer layer, OnnxValue x) {
    return Activations.of(place, layer.getActivationFn(), x);
  }

  private static OnnxValue dense(Place place, OnnxValue x) {
    if (place.parameters().containsKey("g")) {
      throw bad(place, "its layer normalization");
    }
    return x.linear(place.name(), weight(place).transpose(), bias(place));
  }

  private static INDArray weight(Place place) {
    return StandardForm.of(place.name(), Objects.requireNonNull(place.layer()), place.parameters());
  }

  private static @Nullable INDArray bias(Place place) {
    INDArray bias = place.parameters().get("b");
    return bias == null ? null : bias.reshape(bias.length());
  }

  private static OnnxValue convolution(Place place, ConvolutionLayer layer, OnnxValue x) {
    if (layer instanceof SeparableConvolution2D || layer instanceof Deconvolution2D) {
      throw bad(place, "what it computes");
    }
    INDArray weight = weight(place);
    if (layer instanceof Convolution1DLayer sequence) {
      requireSequence(place, sequence.getRnnDataFormat());
      return x.convolution(place.name(), weight, bias(place), 1, Windows.along(place, layer, 0));
    }
    if (layer.getCnn2dDataFormat() != CNN2DFormat.NCHW) {
      throw bad(place, "its data format NHWC");
    }
    int groups = layer instanceof DepthwiseConvolution2D ? Math.toIntExact(layer.getNIn()) : 1;
    return x.convolution(
        place.name(),
        weight,
        bias(place),
        groups,
        Windows.along(place, layer, 0),
        Windows.along(place, layer, 1));
  }

  private static void requireSequence(Place place, RNNFormat format) {
    if (format == RNNFormat.NWC) {
      throw bad(place, "its data format NWC");
    }
  }

  private static OnnxValue pooled(Place place, SubsamplingLayer layer, OnnxValue x) {
    int[] kernel = layer.getKernelSize();
    boolean square = kernel[0] == kernel[1] && layer.getStride()[0] == layer.getStride()[1];
    if (!square || layer.getCnn2dDataFormat() != CNN2DFormat.NCHW) {
      throw bad(place, "a window that differs between rows and columns, or its data format");
    }
    if (layer.getPoolingType() == PoolingType.MAX) {
      return x.maxPool(kernel[0], Windows.of(place, layer));
    } else if (layer.getPoolingType() == PoolingType.AVG
        && Windows.of(place, layer).padding() == 0) {
      return x.averagePool(kernel[0], layer.getStride()[0]);
    }
    throw bad(place, "its pooling " + layer.getPoolingType());
  }

  private static BatchNorm norm(Place place, BatchNormalization layer) {
    INDArray mean = Objects.requireNonNull(place.parameters().get("mean"));
    INDArray deviations = place.parameters().get("log10stdev");
    INDArray variance =
        deviations == null
            ? Objects.requireNonNull(place.parameters().get("var"))
            : Transforms.pow(Nd4j.valueArrayOf(mean.shape(), 10f), deviations.mul(2));
    return new BatchNorm(
        factor(place, "gamma", layer.getGamma(), mean),
        factor(place, "beta", layer.getBeta(), mean),
        mean.reshape(mean.length()),
        variance.reshape(mean.length()),
        layer.getEps());
  }

  private static INDArray factor(Place place, String key, double locked, INDArray like) {
    INDArray held = place.parameters().get(key);
    return held == null
        ? Nd4j.valueArrayOf(new long[] {like.length()}, (float) locked)
        : held.reshape(held.length());
  }

  /** Returns the error that a layer cannot be written. */
  static OnnxException bad(Place place, String what) {
    return new OnnxException(
        "network",
        "layer "
            + place.name()
            + " ("
            + place.type()
            + ") cannot be written: there is no ONNX form of "
            + what
            + " here");
  }
}
