package dev.bitfold.dl4j.onnx;

import dev.bitfold.dl4j.network.Place;
import dev.bitfold.layers.Window;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;

/** How kernels move, as ONNX says it. */
final class Windows {
  private Windows() {}

  static Window along(Place place, ConvolutionLayer layer, int axis) {
    return of(
        place,
        layer.getConvolutionMode(),
        layer.getKernelSize()[axis],
        layer.getStride()[axis],
        layer.getPadding()[axis],
        layer.getDilation()[axis]);
  }

  static Window of(Place place, SubsamplingLayer layer) {
    return of(
        place,
        layer.getConvolutionMode(),
        layer.getKernelSize()[0],
        layer.getStride()[0],
        layer.getPadding()[0],
        layer.getDilation()[0]);
  }

  private static Window of(
      Place place, ConvolutionMode mode, int kernel, int stride, int padding, int dilation) {
    int added = dilation * (kernel - 1);
    return switch (mode) {
      case Strict, Truncate -> new Window(stride, padding, dilation);
      case Same -> {
        if (stride != 1 || added % 2 != 0) {
          throw NetworkChain.bad(place, "the mode Same with an even kernel or a stride");
        }
        yield new Window(1, added / 2, dilation);
      }
      case Causal -> throw NetworkChain.bad(place, "the mode Causal");
    };
  }
}
