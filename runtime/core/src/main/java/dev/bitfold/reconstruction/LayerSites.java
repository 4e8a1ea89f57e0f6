package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the tensors of a layer that may be a product or a convolution, with one input, one
 * quantized weight with the letters I and O, and at most one bias.
 */
record LayerSites(
    ModelShape.Layer layer, TensorSite input, TensorSite weight, Optional<TensorSite> bias) {
  /** Signals that a weight cannot be reconstructed, and why. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1;

    Unfit(String reason) {
      super(reason, null, false, false);
    }
  }

  /**
   * Returns the tensors of the layer of a quantized weight.
   *
   * @throws Unfit if the layer has other tensors
   */
  static LayerSites of(ModelShape.Layer layer, TensorSite weight) throws Unfit {
    List<TensorSite> inputs = sites(layer, TensorRole.INPUT);
    List<TensorSite> weights = sites(layer, TensorRole.WEIGHT);
    List<TensorSite> biases = sites(layer, TensorRole.BIAS);
    biases.removeIf(bias -> !layer.tensors().containsKey(bias.tensor().name()));
    var layout = weight.tensor().layout();
    if (!layout.has('O') || !layout.has('I')) {
      throw new Unfit("its layout is " + layout + ", without I and O");
    }
    if (inputs.size() != 1 || weights.size() != 1 || biases.size() > 1) {
      throw new Unfit(
          "its layer has "
              + inputs.size()
              + " inputs, "
              + weights.size()
              + " weights and "
              + biases.size()
              + " biases; it takes one input, one weight and at most one bias");
    }
    return new LayerSites(layer, inputs.get(0), weight, biases.stream().findFirst());
  }

  private static List<TensorSite> sites(ModelShape.Layer layer, TensorRole role) {
    List<TensorSite> sites = new ArrayList<>();
    for (LayerTensor tensor : layer.type().tensors().values()) {
      if (tensor.role() == role) {
        sites.add(layer.site(tensor));
      }
    }
    return sites;
  }

  /** Returns whether the weight has axes along which a kernel moves. */
  boolean isConvolution() {
    return weight.tensor().layout().letters().length() > 2;
  }

  /** Returns the axes of the weight: those of output and input channels, and then the others. */
  int[] weightOrder() {
    String letters = weight.tensor().layout().letters();
    return IntStream.concat(
            IntStream.of(letters.indexOf('O'), letters.indexOf('I')),
            IntStream.range(0, letters.length()).filter(i -> "OI".indexOf(letters.charAt(i)) < 0))
        .toArray();
  }

  /** Returns an input as the layer sees it in a state: smoothed, and rounded if it is quantized. */
  INDArray through(ModelShape shape, State some, INDArray x) {
    ArrayHooks hooks = shape.hooks(layer.path(), layer.type(), some);
    return Objects.requireNonNull(hooks.input(input.tensor().name(), x));
  }
}
