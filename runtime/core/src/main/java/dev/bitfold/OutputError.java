package dev.bitfold;

import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.state.ModelShape;
import dev.bitfold.state.State;
import dev.bitfold.state.TensorSite;
import dev.bitfold.tensor.DenseFloats;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The errors of a layer's output so far, whatever their order. Safe for concurrent use. */
final class OutputError {
  private final DistortionSum squares = new DistortionSum();
  private final ExactSum absolute = new ExactSum();
  private final ExactSum difference = new ExactSum();

  /** Adds what a layer gave beside what it should give. */
  void add(INDArray expected, INDArray actual) {
    Distortion more = Distortion.of(expected, actual);
    float[] x = DenseFloats.of(expected, "a tensor").copy();
    float[] y = DenseFloats.of(actual, "a tensor").copy();
    double sum = 0;
    double error = 0;
    for (int i = 0; i < x.length; i++) {
      sum += Math.abs(x[i]);
      error += Math.abs((double) y[i] - x[i]);
    }
    synchronized (this) {
      squares.add(more);
      absolute.add(sum);
      difference.add(error);
    }
  }

  Distortion squares() {
    return squares.get();
  }

  /** The mean absolute error over the mean absolute value; empty if all values are zero. */
  synchronized OptionalDouble l1() {
    double size = absolute.value();
    return size > 0 ? OptionalDouble.of(difference.value() / size) : OptionalDouble.empty();
  }

  /** The state with the quantizers of some layers only. */
  static State onlyOf(Set<String> layers, State state) {
    Map<String, QuantDescriptor> descriptors = new LinkedHashMap<>(state.descriptors());
    descriptors.keySet().removeIf(path -> !layers.contains(TensorSite.layerOf(path)));
    return state.withDescriptors(descriptors);
  }

  /** The input by which a call of a quantized layer is known, by layer path. */
  static Map<String, TensorSite> inputs(ModelShape shape, State state) {
    Map<String, TensorSite> inputs = new LinkedHashMap<>();
    for (ModelShape.Layer layer : shape.layers().values()) {
      boolean quantized = false;
      TensorSite first = null;
      for (LayerTensor tensor : layer.type().tensors().values()) {
        TensorSite site = layer.site(tensor);
        quantized |= state.descriptors().containsKey(site.path());
        if (first == null && tensor.role() == TensorRole.INPUT) {
          first = site;
        }
      }
      if (quantized && first != null) {
        inputs.put(layer.path(), first);
      }
    }
    return inputs;
  }
}
