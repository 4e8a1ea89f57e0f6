package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Describes a layer that may compute {@code x * W + b}, with one input, one quantized weight with
 * the letters I and O, and at most one bias.
 *
 * @param outputs the axis of the weight's output channels
 */
record ProductLayer(
    ModelShape.Layer layer,
    TensorSite input,
    TensorSite weight,
    Optional<TensorSite> bias,
    int outputs) {
  /** How far the output of a layer may be from the product, relative to its largest value. */
  private static final double TOLERANCE = 1e-3;

  /** Signals that a weight cannot be reconstructed, and why. */
  static final class Unfit extends Exception {
    private static final long serialVersionUID = 1;

    Unfit(String reason) {
      super(reason, null, false, false);
    }
  }

  /**
   * Returns the layer of a quantized weight.
   *
   * @throws Unfit if the layer has other tensors
   */
  static ProductLayer of(ModelShape.Layer layer, TensorSite weight) throws Unfit {
    List<TensorSite> inputs = sites(layer, TensorRole.INPUT);
    List<TensorSite> weights = sites(layer, TensorRole.WEIGHT);
    List<TensorSite> biases = sites(layer, TensorRole.BIAS);
    biases.removeIf(bias -> !layer.tensors().containsKey(bias.tensor().name()));
    String letters = weight.tensor().layout().letters();
    if (!letters.equals("IO") && !letters.equals("OI")) {
      throw new Unfit("its layout is " + weight.tensor().layout() + ", and not IO or OI");
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
    return new ProductLayer(
        layer, inputs.get(0), weight, biases.stream().findFirst(), letters.indexOf('O'));
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

  /** Returns an input as the layer sees it in a state: smoothed, and rounded if it is quantized. */
  INDArray through(ModelShape shape, State some, INDArray x) {
    ArrayHooks hooks = shape.hooks(layer.path(), layer.type(), some);
    return Objects.requireNonNull(hooks.input(input.tensor().name(), x));
  }

  /** Returns an input or output of the layer as [rows, channels]. */
  INDArray rows(INDArray x) {
    int axis =
        input.tensor().layout().has('C')
            ? input.tensor().layout().axis('C', x.rank())
            : x.rank() - 1;
    INDArray last = x;
    if (axis != x.rank() - 1) {
      int[] order = new int[x.rank()];
      for (int i = 0; i < order.length; i++) {
        order[i] = i < axis ? i : i == order.length - 1 ? axis : i + 1;
      }
      last = x.permute(order);
    }
    return last.dup('c').reshape('c', -1, last.size(-1));
  }

  /**
   * Checks a call of the float layer against the product.
   *
   * @throws Unfit if the output is not {@code x * W + b}
   */
  void require(INDArray x, INDArray y, INDArray held, Optional<INDArray> bias) throws Unfit {
    if (x.rank() == 0 || x.rank() != y.rank()) {
      throw new Unfit("its layer's output has another rank than its input");
    }
    INDArray in = rows(x);
    INDArray out = rows(y);
    if (in.size(1) != held.size(1 - outputs) || out.size(1) != held.size(outputs)) {
      throw new Unfit("its layer's input or output has other channels");
    }
    INDArray product = Nd4j.matmul(in, held, false, outputs == 0, false);
    if (bias.isPresent()) {
      if (bias.get().length() != out.size(1)) {
        throw new Unfit("its layer's bias has another length than the output's channels");
      }
      product = product.addRowVector(bias.get().reshape(1, out.size(1)));
    }
    float[] expected = DenseFloats.of(product, "a product").copy();
    float[] actual = DenseFloats.of(out, "an output").copy();
    double largest = 0;
    double error = 0;
    for (int i = 0; i < expected.length; i++) {
      largest = Math.max(largest, Math.abs(actual[i]));
      error = Math.max(error, Math.abs((double) expected[i] - actual[i]));
    }
    if (!(error <= TOLERANCE * largest)) {
      throw new Unfit("its layer computes something else than x * W + b");
    }
  }
}
