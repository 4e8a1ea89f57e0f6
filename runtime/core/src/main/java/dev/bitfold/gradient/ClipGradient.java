package dev.bitfold.gradient;

import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the gradient of a clip, and the sums of what the clip stops.
 *
 * @param input the gradient of the input: that of the output strictly between the ends, otherwise 0
 * @param below for each group, the sum of the gradients at or below the lower end
 * @param above for each group, the sum of the gradients at or above the upper end
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record ClipGradient(INDArray input, double[] below, double[] above) {
  /**
   * Computes the gradient of a clip.
   *
   * @param low the lower end of each group
   * @param high the upper end of each group
   */
  static ClipGradient of(
      QuantKernels kernels,
      INDArray x,
      INDArray gradient,
      Groups groups,
      float[] low,
      float[] high) {
    Elements.requireSameShape(x, gradient);
    Clip clip = new Clip(low, high);
    GradientSums sums = GradientSums.ofClip(groups.count());
    if (x.isEmpty()) {
      return new ClipGradient(
          DenseFloats.array(new float[0], x.shape()), sums.below(), sums.above());
    }
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    DenseFloats input = DenseFloats.of(x, "an input");
    DenseFloats output = DenseFloats.of(gradient, "a gradient");
    input.use(
        from ->
            output.use(
                fromOutput ->
                    out.use(to -> kernels.clipGradient(from, fromOutput, groups, clip, to, sums))));
    return new ClipGradient(out.array(), sums.below(), sums.above());
  }
}
