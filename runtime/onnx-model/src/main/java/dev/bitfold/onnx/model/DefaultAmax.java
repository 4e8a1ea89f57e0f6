package dev.bitfold.onnx.model;

import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.export.OnnxQdq;
import java.util.Collection;
import java.util.Set;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The default amax of weights: that of {@link OnnxQdq#nonSaturating} where ONNX Runtime multiplies
 * integers. It has no such kernel for ConvTranspose, so the weights of these keep their full range.
 *
 * @param floats the paths of the weights that are multiplied as floats
 */
record DefaultAmax(Set<String> floats) implements WeightAmax {
  private static final WeightAmax PRODUCTS = OnnxQdq.nonSaturating();

  /** Copies the paths. */
  DefaultAmax {
    floats = Set.copyOf(floats);
  }

  @Override
  public INDArray of(String path, INDArray weight) {
    return PRODUCTS.of(path, weight);
  }

  @Override
  public INDArray of(String path, INDArray weight, Layout layout) {
    if (!floats.contains(path)) {
      return PRODUCTS.of(path, weight, layout);
    }
    int output = layout.axis('O', weight.rank());
    return weight.amax(IntStream.range(0, weight.rank()).filter(axis -> axis != output).toArray());
  }

  @Override
  public boolean isFor(QuantDescriptor weight, Collection<QuantDescriptor> inputs) {
    return PRODUCTS.isFor(weight, inputs);
  }
}
