package dev.bitfold.reconstruction;

import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.reconstruction.LayerSites.Unfit;
import dev.bitfold.tensor.DenseFloats;
import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Describes a layer that computes {@code x * W + b}, or a convolution, for which the rows of x are
 * what its kernel covers.
 *
 * @param rows the rows that the layer takes of its input
 */
record ProductLayer(LayerSites sites, InputRows rows) {
  /** How far the output of a layer may be from the product, relative to its largest value. */
  private static final double TOLERANCE = 1e-3;

  /** The most products of a row's values with each other, which are held as doubles. */
  private static final long MOST_PRODUCTS = 1L << 26;

  /**
   * Returns the layer, found out from a call of the float layer.
   *
   * @param x the input as the layer computes with it
   * @param held the weight
   * @throws Unfit if the output is neither {@code x * W + b} nor a convolution
   */
  static ProductLayer of(
      LayerSites sites, INDArray x, INDArray y, INDArray held, Optional<INDArray> bias)
      throws Unfit {
    InputRows rows =
        sites.isConvolution()
            ? PatchSearch.find(sites, x, y, held, bias, TOLERANCE)
            : channels(sites, x, y, held, bias);
    long products = (long) rows.groups() * rows.width() * rows.width();
    if (products > MOST_PRODUCTS) {
      throw new Unfit(
          "each output follows from "
              + rows.width()
              + " inputs, and their products with each other would take "
              + products * Double.BYTES / (1 << 20)
              + " MB");
    }
    ProductLayer layer = new ProductLayer(sites, rows);
    layer.require(x, y, held, bias);
    return layer;
  }

  private static InputRows channels(
      LayerSites sites, INDArray x, INDArray y, INDArray held, Optional<INDArray> bias)
      throws Unfit {
    if (x.rank() == 0 || x.rank() != y.rank()) {
      throw new Unfit("its layer's output has another rank than its input");
    }
    var layout = sites.input().tensor().layout();
    int fromEnd = layout.has('C') ? layout.axis('C', x.rank()) - x.rank() : -1;
    int axis = x.rank() + fromEnd;
    int[] order = sites.weightOrder();
    if (x.size(axis) != held.size(order[1]) || y.size(axis) != held.size(order[0])) {
      throw new Unfit("its layer's input or output has other channels");
    }
    if (bias.isPresent() && bias.get().length() != y.size(axis)) {
      throw new Unfit("its layer's bias has another length than the output's channels");
    }
    return new ChannelRows(fromEnd, (int) x.size(axis));
  }

  ModelShape.Layer layer() {
    return sites.layer();
  }

  TensorSite input() {
    return sites.input();
  }

  TensorSite weight() {
    return sites.weight();
  }

  Optional<TensorSite> bias() {
    return sites.bias();
  }

  /** Returns an input as the layer sees it in a state: smoothed, and rounded if it is quantized. */
  INDArray through(ModelShape shape, State some, INDArray x) {
    return sites.through(shape, some, x);
  }

  /**
   * Returns an input without padded positions; null if there are no others. A convolution's input
   * is left whole, because its kernel covers positions together.
   */
  @Nullable INDArray unpadded(INDArray x) {
    return rows.keepsPositions() && PaddingMask.isOf(x, input().tensor().layout())
        ? PaddingMask.kept(x)
        : x;
  }

  /**
   * Checks a call of the float layer against the product.
   *
   * @throws Unfit if the output is something else
   */
  void require(INDArray x, INDArray y, INDArray held, Optional<INDArray> bias) throws Unfit {
    INDArray weight = held.permute(sites.weightOrder()).dup('c').reshape('c', -1, rows.width());
    int perGroup = (int) weight.size(0) / rows.groups();
    Iterator<INDArray> outputs = rows.outputs(y);
    Iterator<InputRows.Block> inputs = rows.of(x);
    double largest = 0;
    double error = 0;
    while (inputs.hasNext()) {
      InputRows.Block block = inputs.next();
      INDArray out = outputs.next();
      for (int group = 0; group < rows.groups(); group++) {
        var channels = NDArrayIndex.interval((long) group * perGroup, (group + 1L) * perGroup);
        INDArray own = weight.get(channels, NDArrayIndex.all());
        INDArray product = Nd4j.matmul(block.ofGroups().get(group), own, false, true, false);
        if (bias.isPresent()) {
          INDArray flat = bias.get().reshape(bias.get().length());
          product = product.addRowVector(flat.get(channels).reshape(1, perGroup));
        }
        float[] expected = DenseFloats.of(product, "a product").copy();
        float[] actual = DenseFloats.of(out.get(NDArrayIndex.all(), channels), "an output").copy();
        for (int i = 0; i < expected.length; i++) {
          largest = Math.max(largest, Math.abs(actual[i]));
          error = Math.max(error, Math.abs((double) expected[i] - actual[i]));
        }
      }
    }
    if (!(error <= TOLERANCE * largest)) {
      throw new Unfit(
          sites.isConvolution()
              ? "its layer computes something else than a convolution with zeros around its input"
              : "its layer computes something else than x * W + b");
    }
  }
}
