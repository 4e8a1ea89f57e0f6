package dev.bitfold.gradient;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Learns the step size (LSQ: Esser et al., 2020) through amax: {@code s = max(amax / maxCode,
 * 1e-8)}, {@code y = clamp(round(x / s)) * s}. The gradient passes where {@code x / s}, not
 * rounded, is between the smallest and the largest code. The gradient of a step is zero where the
 * step is held at 1e-8. Gradients of amax are sums, without LSQ's factor {@code 1 / sqrt(elements *
 * maxCode)}, which the optimizer has to apply. Source: StaticBlockScaleQuantizer of ModelOpt.
 *
 * <p>With {@link #twoSteps}, the step that divides and the step that multiplies are learned
 * separately.
 */
public final class LearnedStep implements StraightThrough {
  /** The amax of the step that divides. */
  public static final String AMAX_PRE = "amaxPre";

  /** The amax of the step that multiplies. */
  public static final String AMAX_POST = "amaxPost";

  private static final float MIN_STEP = 1e-8f;

  private final Quantizer quantizer;
  private final IntFormat format;
  private final String pre;
  private final String post;

  private LearnedStep(Quantizer quantizer, String pre, String post) {
    this.format =
        quantizer
            .descriptor()
            .format()
            .integers()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        quantizer.descriptor()
                            + " with ste = LSQ: a step is learned in integer formats only"));
    this.quantizer = quantizer;
    this.pre = pre;
    this.post = post;
  }

  /** Returns an estimator with one learned parameter, {@link StraightThrough#AMAX}, at least 0. */
  public static LearnedStep of(QuantDescriptor descriptor, Layout layout) {
    return of(Quantizer.of(descriptor, layout));
  }

  static LearnedStep of(Quantizer open) {
    return new LearnedStep(open, AMAX, AMAX);
  }

  /**
   * Returns an estimator with two learned parameters, {@link #AMAX_PRE} and {@link #AMAX_POST}, at
   * least 0.
   */
  public static LearnedStep twoSteps(QuantDescriptor descriptor, Layout layout) {
    return new LearnedStep(Quantizer.of(descriptor, layout), AMAX_PRE, AMAX_POST);
  }

  @Override
  public List<String> parameters() {
    return pre.equals(post) ? List.of(AMAX) : List.of(pre, post);
  }

  @Override
  public List<String> learned() {
    return parameters();
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> given) {
    Groups groups = quantizer.groups(x.shape());
    Parameters parameters = new Parameters(given, groups);
    float[] divisor = steps(parameters.notNegative(pre));
    float[] factor = steps(parameters.notNegative(post));
    return Elements.map(x, x, () -> new Values(groups, divisor, factor)).out();
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    Groups groups = quantizer.groups(x.shape());
    Parameters parameters = new Parameters(given, groups);
    float[] divisor = steps(parameters.notNegative(pre));
    if (pre.equals(post)) {
      StepGradient gradient =
          StepGradient.of(
              quantizer.kernels(), x, gradOutput, groups, divisor, format.min(), format.max());
      double[] ofStep = gradient.ofStep();
      for (int g = 0; g < ofStep.length; g++) {
        ofStep[g] = divisor[g] > MIN_STEP ? ofStep[g] / format.max() : 0;
      }
      return new QuantGradients(gradient.input(), Map.of(pre, parameters.gradient(pre, ofStep)));
    }
    float[] factor = steps(parameters.notNegative(post));
    Elements.Result<Slopes> result =
        Elements.map(x, gradOutput, () -> new Slopes(groups, divisor, factor));
    double[] ofDivisor =
        GroupSums.total(groups, result.parts().stream().map(p -> p.ofDivisor).toList());
    double[] ofFactor =
        GroupSums.total(groups, result.parts().stream().map(p -> p.ofFactor).toList());
    return new QuantGradients(
        result.out(), amaxGradients(parameters, divisor, ofDivisor, factor, ofFactor));
  }

  private Map<String, INDArray> amaxGradients(
      Parameters parameters,
      float[] divisor,
      double[] ofDivisor,
      float[] factor,
      double[] ofFactor) {
    for (int g = 0; g < divisor.length; g++) {
      ofDivisor[g] = divisor[g] > MIN_STEP ? ofDivisor[g] / format.max() : 0;
      ofFactor[g] = factor[g] > MIN_STEP ? ofFactor[g] / format.max() : 0;
    }
    return Map.of(
        pre, parameters.gradient(pre, ofDivisor), post, parameters.gradient(post, ofFactor));
  }

  private float[] steps(float[] amax) {
    float[] steps = new float[amax.length];
    for (int g = 0; g < steps.length; g++) {
      steps[g] = Math.max(amax[g] / format.max(), MIN_STEP);
    }
    return steps;
  }

  // 1.5 * 2^23: adding it leaves no room for a fraction, and rounds half to even.
  private static void round(float[] values, int length) {
    for (int i = 0; i < length; i++) {
      values[i] = values[i] + 12582912f - 12582912f;
    }
  }

  private void scale(float[] x, float[] divide, float[] scaled, float[] clamped, int length) {
    float min = format.min();
    float max = format.max();
    for (int i = 0; i < length; i++) {
      scaled[i] = x[i] / divide[i];
      clamped[i] = Math.max(Math.min(scaled[i], max), min);
    }
  }

  /** Computes the values of a part. The ends are integers, so clamping may precede rounding. */
  private final class Values implements Elements.Part {
    private final PerElement divisors;
    private final PerElement factors;
    private final float[] scaled = new float[Elements.CHUNK];
    private final float[] codes = new float[Elements.CHUNK];

    Values(Groups groups, float[] divisor, float[] factor) {
      divisors = new PerElement(groups, divisor);
      factors = new PerElement(groups, factor);
    }

    @Override
    public void compute(int start, int length, float[] x, float[] gradient, float[] out) {
      float[] multiply = factors.at(start, length);
      scale(x, divisors.at(start, length), scaled, codes, length);
      round(codes, length);
      for (int i = 0; i < length; i++) {
        out[i] = codes[i] * multiply[i];
      }
    }
  }

  /** Computes the gradients of a part of the input, and its share of the steps' gradients. */
  private final class Slopes implements Elements.Part {
    final GroupSums ofDivisor;
    final GroupSums ofFactor;
    private final PerElement divisors;
    private final PerElement factors;
    private final float[] scaled = new float[Elements.CHUNK];
    private final float[] codes = new float[Elements.CHUNK];
    private final double[] toDivisor = new double[Elements.CHUNK];
    private final double[] toFactor = new double[Elements.CHUNK];

    Slopes(Groups groups, float[] divisor, float[] factor) {
      ofDivisor = new GroupSums(groups);
      ofFactor = new GroupSums(groups);
      divisors = new PerElement(groups, divisor);
      factors = new PerElement(groups, factor);
    }

    @Override
    public void compute(int start, int length, float[] x, float[] gradient, float[] out) {
      float[] divide = divisors.at(start, length);
      float[] multiply = factors.at(start, length);
      scale(x, divide, scaled, codes, length);
      for (int i = 0; i < length; i++) {
        out[i] = codes[i] == scaled[i] ? gradient[i] : 0;
      }
      for (int i = 0; i < length; i++) {
        out[i] = out[i] * multiply[i] / divide[i];
      }
      round(codes, length);
      for (int i = 0; i < length; i++) {
        toDivisor[i] = out[i] == 0 ? 0 : -(double) out[i] * scaled[i];
        toFactor[i] = (double) gradient[i] * codes[i];
      }
      ofDivisor.add(start, length, toDivisor);
      ofFactor.add(start, length, toFactor);
    }
  }
}
