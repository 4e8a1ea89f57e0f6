package dev.bitfold.reconstruction;

/**
 * Tells along one axis which input each tap of a convolution's kernel reads for an output.
 *
 * @param kernel the number of taps
 * @param stride how far the kernel moves from one output to the next; transposed, how far apart the
 *     outputs of adjacent inputs are
 * @param dilation the distance of adjacent taps
 * @param before the number of zeros in front of the input; transposed, of outputs that are cut off
 * @param after the same behind it; negative if the last inputs are never read, or if transposed
 *     outputs are added
 * @param transposed whether inputs and outputs have changed places, as in ConvTranspose
 */
record Taps(int kernel, int stride, int dilation, int before, int after, boolean transposed) {
  /** Returns the distance of the first and the last tap. */
  int span() {
    return (kernel - 1) * dilation;
  }

  /** Returns the number of outputs for a number of inputs. */
  int outputs(int inputs) {
    return transposed
        ? (inputs - 1) * stride + span() + 1 - before - after
        : Math.floorDiv(inputs + before + after - span() - 1, stride) + 1;
  }

  /** Returns the index of the input that a tap reads, or -1 if it reads a zero. */
  int input(int output, int tap, int inputs) {
    int at = output * stride - before + tap * dilation;
    if (transposed) {
      int moved = output + before - tap * dilation;
      at = Math.floorMod(moved, stride) == 0 ? Math.floorDiv(moved, stride) : -1;
    }
    return at >= 0 && at < inputs ? at : -1;
  }
}
