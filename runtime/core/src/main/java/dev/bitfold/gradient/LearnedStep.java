package dev.bitfold.gradient;

import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.NumberFormat.IntFormat;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The step size is learned (LSQ: Esser et al., 2020), through amax: {@code s = max(amax / maxCode,
 * 1e-8)}, {@code y = clamp(round(x / s)) * s}. The gradient passes where {@code x / s}, not
 * rounded, is between the smallest and the largest code; that of a step is zero where it is held at
 * 1e-8. Gradients of amax are sums, without LSQ's factor {@code 1 / sqrt(elements * maxCode)},
 * which is for an optimizer to apply. Source: StaticBlockScaleQuantizer of ModelOpt.
 *
 * <p>With {@link #twoSteps} the step that divides and the one that multiplies are learned apart.
 */
public final class LearnedStep implements StraightThrough {
  /** The amax of the step that divides. */
  public static final String AMAX_PRE = "amaxPre";

  /** The amax of the step that multiplies. */
  public static final String AMAX_POST = "amaxPost";

  private static final float LEAST_STEP = 1e-8f;

  private final Quantizer quantizer;
  private final IntFormat format;
  private final String pre;
  private final String post;

  private LearnedStep(QuantDescriptor descriptor, Layout layout, String pre, String post) {
    if (!(descriptor.format() instanceof IntFormat integers)) {
      throw new IllegalArgumentException(
          descriptor + " with ste = LSQ: a step is learned in integer formats only");
    }
    this.quantizer = Quantizer.of(descriptor, layout);
    this.format = integers;
    this.pre = pre;
    this.post = post;
  }

  /** With one learned parameter, {@link StraightThrough#AMAX}, not negative. */
  public static LearnedStep of(QuantDescriptor descriptor, Layout layout) {
    return new LearnedStep(descriptor, layout, AMAX, AMAX);
  }

  /** With two, {@link #AMAX_PRE} and {@link #AMAX_POST}, not negative. */
  public static LearnedStep twoSteps(QuantDescriptor descriptor, Layout layout) {
    return new LearnedStep(descriptor, layout, AMAX_PRE, AMAX_POST);
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
    Groups groups = Elements.groups(quantizer, x);
    Parameters parameters = new Parameters(given, groups);
    float[] divisor = steps(parameters.notNegative(pre));
    float[] factor = steps(parameters.notNegative(post));
    float[] divide = new float[Elements.CHUNK];
    float[] multiply = new float[Elements.CHUNK];
    return Elements.map(
        x,
        x,
        (start, length, values, gradient, out) -> {
          groups.expand(divisor, start, length, divide);
          groups.expand(factor, start, length, multiply);
          for (int i = 0; i < length; i++) {
            out[i] = code(values[i] / divide[i]) * multiply[i];
          }
        });
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    Groups groups = Elements.groups(quantizer, x);
    Parameters parameters = new Parameters(given, groups);
    float[] divisor = steps(parameters.notNegative(pre));
    float[] factor = steps(parameters.notNegative(post));
    double[] ofDivisor = new double[groups.count()];
    double[] ofFactor = new double[groups.count()];
    float[] divide = new float[Elements.CHUNK];
    float[] multiply = new float[Elements.CHUNK];
    double[] toDivisor = new double[Elements.CHUNK];
    double[] toFactor = new double[Elements.CHUNK];
    INDArray input =
        Elements.map(
            x,
            gradOutput,
            (start, length, values, gradient, out) -> {
              groups.expand(divisor, start, length, divide);
              groups.expand(factor, start, length, multiply);
              for (int i = 0; i < length; i++) {
                float scaled = values[i] / divide[i];
                boolean inside = scaled >= format.min() && scaled <= format.max();
                float ofScaled = inside ? gradient[i] * multiply[i] : 0;
                out[i] = ofScaled / divide[i];
                toDivisor[i] = inside ? -(double) out[i] * scaled : 0;
                toFactor[i] = (double) gradient[i] * code(scaled);
              }
              Elements.addTo(ofDivisor, groups, start, length, toDivisor);
              Elements.addTo(ofFactor, groups, start, length, toFactor);
            });
    return new QuantGradients(
        input, amaxGradients(parameters, divisor, ofDivisor, factor, ofFactor));
  }

  private Map<String, INDArray> amaxGradients(
      Parameters parameters,
      float[] divisor,
      double[] ofDivisor,
      float[] factor,
      double[] ofFactor) {
    for (int g = 0; g < divisor.length; g++) {
      ofDivisor[g] = divisor[g] > LEAST_STEP ? ofDivisor[g] / format.max() : 0;
      ofFactor[g] = factor[g] > LEAST_STEP ? ofFactor[g] / format.max() : 0;
    }
    if (!pre.equals(post)) {
      return Map.of(
          pre, parameters.gradient(pre, ofDivisor), post, parameters.gradient(post, ofFactor));
    }
    for (int g = 0; g < ofDivisor.length; g++) {
      ofDivisor[g] += ofFactor[g];
    }
    return Map.of(pre, parameters.gradient(pre, ofDivisor));
  }

  private float[] steps(float[] amax) {
    float[] steps = new float[amax.length];
    for (int g = 0; g < steps.length; g++) {
      steps[g] = Math.max(amax[g] / format.max(), LEAST_STEP);
    }
    return steps;
  }

  private float code(float scaled) {
    return Math.max(Math.min((float) Math.rint(scaled), format.max()), format.min());
  }
}
