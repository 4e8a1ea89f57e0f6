package dev.bitfold.reconstruction;

import java.util.Iterator;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Tells of which values of its input a layer computes each output: each channel of an output is a
 * product of a row of values with a row of the weight. Equal objects give the same rows of an
 * input.
 */
interface InputRows {
  /**
   * Holds some rows of one input.
   *
   * @param ofGroups for each group of channels, [rows, values]
   * @param firstUnit counts the units of the input that may be held back, at the first row
   * @param rowsPerUnit how many adjacent rows are of one unit
   */
  record Block(List<INDArray> ofGroups, int firstUnit, int rowsPerUnit) {
    /** Returns the unit of a row. */
    int unit(int row) {
      return firstUnit + row / rowsPerUnit;
    }

    /** Returns the number of rows. */
    int count() {
      return (int) ofGroups.get(0).size(0);
    }
  }

  /** Returns how many groups the channels are divided into. */
  int groups();

  /** Returns how many values a row has. */
  int width();

  /** Returns whether each position of an input is one of its rows. */
  boolean keepsPositions();

  /** Returns the rows of an input, in blocks of bounded size. */
  Iterator<Block> of(INDArray x);

  /** Returns the outputs of these rows, in the same blocks, [rows, output channels]. */
  Iterator<INDArray> outputs(INDArray y);
}
