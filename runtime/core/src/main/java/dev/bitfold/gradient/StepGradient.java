package dev.bitfold.gradient;

import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the gradients of a quantizer with one learned step, from one pass of the kernel (Esser et
 * al., 2020, equation 3). With {@code s = x / step}, the step's gradient is the output's gradient
 * times {@code round(s) - s} inside the range, times the smallest code below it, and times the
 * largest code above it.
 *
 * @param input the gradient of the input: that of the output where the code is not clamped,
 *     otherwise 0
 * @param ofStep the gradient of the step, one number for each group
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record StepGradient(INDArray input, double[] ofStep) {
  /** The number of neighbouring floats that are tried before the search halves its range. */
  private static final int NEIGHBOURS = 8;

  /**
   * Computes the gradients.
   *
   * @param step the step of each group, above 0
   * @param least the smallest code
   * @param most the largest code
   */
  static StepGradient of(
      QuantKernels kernels,
      INDArray x,
      INDArray gradient,
      Groups groups,
      float[] step,
      int least,
      int most) {
    Elements.requireSameShape(x, gradient);
    double[] ofStep = new double[groups.count()];
    if (x.isEmpty()) {
      return new StepGradient(DenseFloats.array(new float[0], x.shape()), ofStep);
    }
    float[] low = new float[groups.count()];
    float[] high = new float[groups.count()];
    for (int g = 0; g < low.length; g++) {
      // By symmetry: -(x / step) is (-x) / step.
      high[g] = firstAbove(most, step[g]);
      low[g] = -firstAbove(-least, step[g]);
    }
    Clip clip = new Clip(low, high);
    GradientSums sums =
        new GradientSums(new double[groups.count()], new double[groups.count()], ofStep);
    DenseFloats out = DenseFloats.uninitialized(x.shape());
    DenseFloats input = DenseFloats.of(x, "an input");
    DenseFloats output = DenseFloats.of(gradient, "a gradient");
    input.use(
        from ->
            output.use(
                fromOutput ->
                    out.use(
                        to ->
                            kernels.stepGradient(from, fromOutput, groups, clip, step, to, sums))));
    for (int g = 0; g < ofStep.length; g++) {
      ofStep[g] += sums.below()[g] * least + sums.above()[g] * most;
    }
    return new StepGradient(out.array(), ofStep);
  }

  /** Returns the smallest float x for which {@code x / step} in float32 is above a code. */
  static float firstAbove(float code, float step) {
    float x = code * step;
    for (int i = 0; i < NEIGHBOURS && x / step > code; i++) {
      x = Math.nextDown(x);
    }
    for (int i = 0; i < NEIGHBOURS && x <= Float.MAX_VALUE; i++) {
      float next = Math.nextUp(x);
      if (x / step <= code && next / step > code) {
        return next;
      }
      x = next;
    }
    // Where quotients are rounded to subnormal numbers, or x would be too large.
    int below = 0;
    int above = Float.floatToIntBits(Float.POSITIVE_INFINITY);
    while (above - below > 1) {
      int middle = (below + above) >>> 1;
      if (Float.intBitsToFloat(middle) / step > code) {
        above = middle;
      } else {
        below = middle;
      }
    }
    return Float.intBitsToFloat(above);
  }
}
