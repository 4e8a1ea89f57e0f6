package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a weight as a row of input channels for each output channel, and which scale each element
 * has. Immutable: the arrays are not written to.
 */
final class Weight {
  /** The quantizer of the weight, without a scale. */
  private final Quantizer quantizer;

  /** The weight as its layer holds it. */
  private final INDArray array;

  /** The axis of the output channels, 0 or 1. */
  private final int outputs;

  /** The weights, [output][input]. */
  private final float[][] rows;

  /** For each element of the rows, in c order, the index of its scale. */
  private final int[] groups;

  /** The number of scales. */
  private final int scales;

  Weight(
      Quantizer quantizer, INDArray array, int outputs, float[][] rows, int[] groups, int scales) {
    this.quantizer = quantizer;
    this.array = array;
    this.outputs = outputs;
    this.rows = rows;
    this.groups = groups;
    this.scales = scales;
  }

  Quantizer quantizer() {
    return quantizer;
  }

  INDArray array() {
    return array;
  }

  int outputs() {
    return outputs;
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

  /**
   * Returns the rows of a weight of rank 2.
   *
   * @param outputs the axis of the output channels
   */
  static Weight of(Quantizer quantizer, INDArray array, int outputs) {
    float[] values = DenseFloats.of(array, "a weight").copy();
    int columns = (int) array.size(1);
    int out = (int) array.size(outputs);
    int in = (int) array.size(1 - outputs);
    Groups shared = quantizer.groups(array.shape());
    float[][] rows = new float[out][in];
    int[] groups = new int[values.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        int element = outputs == 0 ? o * columns + i : i * columns + o;
        rows[o][i] = values[element];
        groups[o * in + i] = shared.group(element);
      }
    }
    return new Weight(quantizer, array, outputs, rows, groups, shared.count());
  }

  int out() {
    return rows.length;
  }

  int in() {
    return rows[0].length;
  }

  /** Returns rows in the shape of the weight. */
  INDArray array(float[][] other) {
    float[] values = new float[out() * in()];
    for (int o = 0; o < out(); o++) {
      for (int i = 0; i < in(); i++) {
        values[outputs == 0 ? o * in() + i : i * out() + o] = other[o][i];
      }
    }
    return DenseFloats.array(values, array.shape());
  }

  /** Returns the rows of an array of the weight's shape. */
  float[][] rows(INDArray other) {
    return of(quantizer, other, outputs).rows();
  }

  /** Returns the scales that these steps are. */
  CalibratedScale scale(Steps steps) {
    long[] shape = quantizer.scaleShape(array.shape());
    return steps.scale(quantizer.descriptor(), shape);
  }
}
