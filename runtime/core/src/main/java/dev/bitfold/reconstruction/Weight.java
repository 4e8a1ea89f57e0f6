package dev.bitfold.reconstruction;

import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a weight as a row of inputs for each output channel, and which scale each element has.
 * Immutable: the arrays are not written to.
 */
final class Weight {
  /** The quantizer of the weight, without a scale. */
  private final Quantizer quantizer;

  /** The weight as its layer holds it. */
  private final INDArray array;

  /** For each element of the rows, in c order, its index in the weight in c order. */
  private final int[] elements;

  /** The weights, [output][input]. */
  private final float[][] rows;

  /** For each element of the rows, in c order, the index of its scale. */
  private final int[] groups;

  /** The number of scales. */
  private final int scales;

  /** How many groups the channels are divided into, each with inputs of its own. */
  private final int channelGroups;

  private Weight(Quantizer quantizer, INDArray array, int[] elements, int out, int channelGroups) {
    this.quantizer = quantizer;
    this.array = array;
    this.elements = elements;
    this.channelGroups = channelGroups;
    Groups shared = quantizer.groups(array.shape());
    this.scales = shared.count();
    this.groups = IntStream.of(elements).map(shared::group).toArray();
    this.rows = rows(elements, out, array);
  }

  /**
   * Returns the rows of a weight.
   *
   * @param order the axes of the weight: first that of the output channels, and then those of the
   *     inputs in the order in which a row has them
   * @param channelGroups how many groups the channels are divided into
   */
  static Weight of(Quantizer quantizer, INDArray array, int[] order, int channelGroups) {
    int[] strides = new int[order.length];
    int stride = 1;
    for (int axis = order.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= (int) array.size(axis);
    }
    int[] elements = new int[stride];
    for (int i = 0; i < elements.length; i++) {
      int rest = i;
      for (int place = order.length - 1; place >= 0; place--) {
        int size = (int) array.size(order[place]);
        elements[i] += rest % size * strides[order[place]];
        rest /= size;
      }
    }
    return new Weight(quantizer, array, elements, (int) array.size(order[0]), channelGroups);
  }

  /** Returns a weight as one row, in c order. */
  static Weight inOneRow(Quantizer quantizer, INDArray array) {
    int[] elements = IntStream.range(0, Math.toIntExact(array.length())).toArray();
    return new Weight(quantizer, array, elements, 1, 1);
  }

  private static float[][] rows(int[] elements, int out, INDArray array) {
    float[] values = DenseFloats.of(array, "a weight").copy();
    float[][] rows = new float[out][values.length / out];
    for (int i = 0; i < values.length; i++) {
      rows[i / rows[0].length][i % rows[0].length] = values[elements[i]];
    }
    return rows;
  }

  Quantizer quantizer() {
    return quantizer;
  }

  float[][] rows() {
    return rows;
  }

  int[] groups() {
    return groups;
  }

  int scales() {
    return scales;
  }

  int out() {
    return rows.length;
  }

  int in() {
    return rows[0].length;
  }

  int channelGroups() {
    return channelGroups;
  }

  /** Returns the group of channels that an output channel is of. */
  int channelGroup(int output) {
    return output / (out() / channelGroups);
  }

  /** Returns rows in the shape of the weight. */
  INDArray array(float[][] other) {
    float[] values = new float[elements.length];
    for (int i = 0; i < values.length; i++) {
      values[elements[i]] = other[i / in()][i % in()];
    }
    return DenseFloats.array(values, array.shape());
  }

  /** Returns the rows of an array of the weight's shape. */
  float[][] rows(INDArray other) {
    return rows(elements, out(), other);
  }

  /** Returns the shape of the scales. */
  long[] scaleShape() {
    return quantizer.scaleShape(array.shape());
  }
}
