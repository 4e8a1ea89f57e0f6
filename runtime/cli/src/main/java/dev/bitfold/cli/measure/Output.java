package dev.bitfold.cli.measure;

import java.util.Arrays;

/**
 * What a file computes for one of its outputs.
 *
 * @param shape its shape
 * @param values in c order; all numbers of ONNX's float types and integers up to 2^53 are exact
 * @param perToken whether its second axis may be that of tokens: has no size that the file fixes
 * @param whole whether the output's type is one of integers or truth values
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Output(long[] shape, double[] values, boolean perToken, boolean whole) {
  /** Returns whether the first two axes are those of a mask of tokens. */
  boolean isOfTokens(Mask mask) {
    return perToken && shape.length >= 2 && shape[0] == mask.rows() && shape[1] == mask.columns();
  }

  @Override
  public String toString() {
    return Arrays.toString(shape);
  }
}
