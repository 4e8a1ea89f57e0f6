package dev.bitfold.dl4j.network;

import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.util.Convolution1DUtils;
import org.deeplearning4j.util.ConvolutionUtils;

/** Tells where a network itself changes the layout between two layers. */
final class DataFormats {
  private DataFormats() {}

  static boolean differ(Layer before, Layer layer) {
    if (ConvolutionUtils.layerHasConvolutionLayout(before)
        && ConvolutionUtils.layerHasConvolutionLayout(layer)) {
      return ConvolutionUtils.getFormatForLayer(before)
          != ConvolutionUtils.getFormatForLayer(layer);
    }
    return Convolution1DUtils.hasRnnDataFormat(before)
        && Convolution1DUtils.hasRnnDataFormat(layer)
        && Convolution1DUtils.getRnnFormatFromLayer(before)
            != Convolution1DUtils.getRnnFormatFromLayer(layer);
  }
}
