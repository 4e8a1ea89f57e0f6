package dev.bitfold.gradient;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Learns the scale and zero point of an affine quantizer (LSQ+: Bhalgat et al., 2020). The gradient
 * passes where the code is not clamped. The zero point is a real number. As in the source, it is
 * rounded half to even for the values and half up for the gradients. Source: torch's {@code
 * _fake_quantize_learnable_per_tensor_affine}, here for every granularity.
 */
public final class LearnedAffine implements StraightThrough {
  /** The width of a step, above 0. */
  public static final String SCALE = "scale";

  /** The code of zero. */
  public static final String ZERO_POINT = "zeroPoint";

  private final Quantizer quantizer;
  private final IntFormat format;

  LearnedAffine(Quantizer quantizer) {
    this.quantizer = quantizer;
    // An affine descriptor's format is always one of integers.
    this.format = quantizer.descriptor().format().integers().orElseThrow();
  }

  @Override
  public List<String> parameters() {
    return List.of(SCALE, ZERO_POINT);
  }

  @Override
  public List<String> learned() {
    return parameters();
  }

  @Override
  public INDArray forward(INDArray x, Map<String, INDArray> given) {
    Groups groups = quantizer.groups(x.shape());
    Parameters parameters = new Parameters(given, groups);
    float[] scales = scales(parameters);
    float[] zeros = parameters.finite(ZERO_POINT);
    for (int g = 0; g < zeros.length; g++) {
      zeros[g] = clamp((float) Math.rint(zeros[g]));
    }
    return Elements.map(x, x, () -> new Values(groups, scales, zeros)).out();
  }

  @Override
  public QuantGradients backward(INDArray x, Map<String, INDArray> given, INDArray gradOutput) {
    Groups groups = quantizer.groups(x.shape());
    Parameters parameters = new Parameters(given, groups);
    float[] scales = scales(parameters);
    float[] zeros = parameters.finite(ZERO_POINT);
    for (int g = 0; g < zeros.length; g++) {
      zeros[g] = (float) (int) clamp(zeros[g] + 0.5f); // cuts towards zero
    }
    Elements.Result<Slopes> result =
        Elements.map(x, gradOutput, () -> new Slopes(groups, scales, zeros));
    double[] ofScale =
        GroupSums.total(groups, result.parts().stream().map(p -> p.ofScale).toList());
    double[] ofZero = GroupSums.total(groups, result.parts().stream().map(p -> p.ofZero).toList());
    INDArray input = result.out();
    return new QuantGradients(
        input,
        Map.of(
            SCALE,
            parameters.gradient(SCALE, ofScale),
            ZERO_POINT,
            parameters.gradient(ZERO_POINT, ofZero)));
  }

  private static float[] scales(Parameters parameters) {
    float[] scales = parameters.finite(SCALE);
    for (float scale : scales) {
      if (!(scale > 0)) {
        throw new IllegalArgumentException("parameter scale holds " + scale + ": it is above 0");
      }
    }
    return scales;
  }

  private float clamp(float code) {
    return Math.max(Math.min(code, format.max()), format.min());
  }

  /** Computes the values of a part. */
  private final class Values implements Elements.Part {
    private final PerElement scales;
    private final PerElement zeros;

    Values(Groups groups, float[] scale, float[] zero) {
      scales = new PerElement(groups, scale);
      zeros = new PerElement(groups, zero);
    }

    @Override
    public void compute(int start, int length, float[] x, float[] gradient, float[] out) {
      float[] scale = scales.at(start, length);
      float[] zero = zeros.at(start, length);
      for (int i = 0; i < length; i++) {
        float code = (float) Math.rint(x[i] * (1 / scale[i])) + zero[i];
        out[i] = (clamp(code) - zero[i]) * scale[i];
      }
    }
  }

  /**
   * Computes the gradients of a part of the input, and its share of those of scale and zero point.
   */
  private final class Slopes implements Elements.Part {
    final GroupSums ofScale;
    final GroupSums ofZero;
    private final PerElement scales;
    private final PerElement zeros;
    private final double[] toScale = new double[Elements.CHUNK];
    private final double[] toZero = new double[Elements.CHUNK];

    Slopes(Groups groups, float[] scale, float[] zero) {
      ofScale = new GroupSums(groups);
      ofZero = new GroupSums(groups);
      scales = new PerElement(groups, scale);
      zeros = new PerElement(groups, zero);
    }

    @Override
    public void compute(int start, int length, float[] x, float[] gradient, float[] out) {
      float[] scale = scales.at(start, length);
      float[] zero = zeros.at(start, length);
      for (int i = 0; i < length; i++) {
        float code = (float) Math.rint(x[i] * (1 / scale[i])) + zero[i];
        boolean inside = code >= format.min() && code <= format.max();
        out[i] = inside ? gradient[i] : 0;
        float level = clamp(code) - zero[i];
        double step = inside ? ((double) (level * scale[i]) - x[i]) / scale[i] : level;
        toScale[i] = gradient[i] * step;
        toZero[i] = inside ? 0 : -(double) gradient[i] * scale[i];
      }
      ofScale.add(start, length, toScale);
      ofZero.add(start, length, toZero);
    }
  }
}
