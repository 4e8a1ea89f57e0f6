package dev.bitfold.gradient;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A quantizer as training sees it: its values, and the gradients that stand in for those of
 * rounding. Stateless: what it depends on is given to each call by name.
 *
 * <p>A parameter is one number for everything, or one for each group that keeps a scale, in the
 * shape of the quantizer's amax or flat. Arithmetic on elements is float32, sums are in double. NaN
 * in the input makes no exception; where nothing else is said its gradient is zero.
 *
 * <p>Immutable and safe for concurrent use. Calls throw {@link IllegalArgumentException}, with the
 * name, shape or value in the message, if a parameter is missing, out of range or does not fit, or
 * if the gradient's shape is not the input's.
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

  /** The parameters that it needs, by name. */
  List<String> parameters();

  /** Those of the parameters that have a gradient: the learned ones. */
  List<String> learned();

  /** The quantized values. */
  INDArray forward(INDArray x, Map<String, INDArray> parameters);

  /**
   * The gradients.
   *
   * @param x what {@link #forward} was called with
   * @param gradOutput of what it returned
   */
  QuantGradients backward(INDArray x, Map<String, INDArray> parameters, INDArray gradOutput);

  /**
   * The estimator that a descriptor asks for.
   *
   * @throws IllegalArgumentException if the descriptor cannot be trained through, or does not fit
   *     the layout
   */
  static StraightThrough of(QuantDescriptor descriptor, Layout layout) {
    return of(Quantizer.of(descriptor, layout));
  }

  /**
   * The estimator for a quantizer that has no scale yet, on the quantizer's kernels.
   *
   * @throws IllegalArgumentException if its descriptor cannot be trained through
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
