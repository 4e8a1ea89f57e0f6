package dev.bitfold.gradient;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes a quantizer's values in training, and the gradients that replace those of rounding. It
 * is stateless: each call takes the parameters by name.
 *
 * <p>A parameter is one number for the tensor, or one for each group, in the shape of the
 * quantizer's amax or flat. Arithmetic on elements is float32, and sums are in double. NaN in the
 * input causes no exception. Its gradient is zero unless an estimator says otherwise.
 *
 * <p>Immutable and safe for concurrent use. Calls throw {@link IllegalArgumentException} if a
 * parameter is missing, out of range or of the wrong shape, or if the gradient does not have the
 * input's shape. The message has the name, shape or value.
 */
public sealed interface StraightThrough
    permits ClipEstimator,
        LearnedAffine,
        LearnedRange,
        LearnedStep,
        PassThroughEstimator,
        RangeEstimator {
  /** The largest absolute value of the quantizer's range. */
  String AMAX = "amax";

  /** The smallest value of a range. */
  String MIN = "min";

  /** The largest value of a range. */
  String MAX = "max";

  /** Returns the names of the parameters that this estimator needs. */
  List<String> parameters();

  /** Returns the names of the learned parameters, which have a gradient. */
  List<String> learned();

  /** Returns the quantized values. */
  INDArray forward(INDArray x, Map<String, INDArray> parameters);

  /**
   * Returns the gradients.
   *
   * @param x the input of {@link #forward}
   * @param gradOutput the gradient of the output of {@link #forward}
   */
  QuantGradients backward(INDArray x, Map<String, INDArray> parameters, INDArray gradOutput);

  /**
   * Returns the estimator that a descriptor asks for.
   *
   * @throws IllegalArgumentException if the descriptor cannot be trained through, or does not fit
   *     the layout
   */
  static StraightThrough of(QuantDescriptor descriptor, Layout layout) {
    return of(Quantizer.of(descriptor, layout));
  }

  /**
   * Returns the estimator for a quantizer that has no scale yet, on the quantizer's kernels.
   *
   * @throws IllegalArgumentException if the quantizer's descriptor cannot be trained through
   */
  static StraightThrough of(Quantizer open) {
    QuantDescriptor descriptor = open.descriptor();
    if (!descriptor.fakeQuant()) {
      throw new IllegalArgumentException(
          descriptor
              + " yields integer codes, which have no gradient: leave fakeQuant = false out");
    }
    if (descriptor.affine()) {
      return switch (descriptor.ste()) {
        case CLIP -> new RangeEstimator(open);
        case PASS_THROUGH -> new PassThroughEstimator(open);
        case LSQ -> new LearnedAffine(open);
        case PACT ->
            throw new IllegalArgumentException(
                descriptor + " with ste = PACT: an affine range is trained with ste = LSQ");
      };
    }
    if (descriptor.learnAmax() && descriptor.ste() != Ste.LSQ) {
      return LearnedRange.of(open);
    }
    return switch (descriptor.ste()) {
      case CLIP -> new ClipEstimator(open);
      case PASS_THROUGH -> new PassThroughEstimator(open);
      case LSQ -> LearnedStep.of(open);
      case PACT -> LearnedRange.of(open);
    };
  }
}
