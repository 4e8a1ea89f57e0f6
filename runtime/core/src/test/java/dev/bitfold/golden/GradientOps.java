package dev.bitfold.golden;

import static dev.bitfold.golden.Tolerance.relative;
import static dev.bitfold.golden.Tolerance.within;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.LearnedAffine;
import dev.bitfold.gradient.LearnedRange;
import dev.bitfold.gradient.LearnedStep;
import dev.bitfold.gradient.QuantGradients;
import dev.bitfold.gradient.StraightThrough;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Sections b and b2: gradients. */
final class GradientOps {
  private static final Tolerance RANGE_SUMS = within(1e-5, 1e-6);
  private static final Tolerance BLOCK_SUMS = within(1e-4, 1e-5);

  private GradientOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.ofEntries(
        Map.entry("ste_clip", c -> input(c, Ste.CLIP)),
        Map.entry("ste_legacy", c -> input(c, Ste.CLIP)),
        Map.entry("ste_tensor_quant", c -> input(c, Ste.CLIP)),
        Map.entry("ste_pass_through", c -> input(c, Ste.PASS_THROUGH)),
        Map.entry("scaled_e4m3_grad", GradientOps::e4m3),
        Map.entry("affine_ste", GradientOps::affine),
        Map.entry("int_cast_ste", GradientOps::intCast),
        Map.entry("clip_learn_range", GradientOps::clipLearnRange),
        Map.entry("learn_amax_fake_quant", GradientOps::learnAmax),
        Map.entry("learnable_fake_quant_per_tensor", GradientOps::learnableAffine),
        Map.entry("lsq_fake_quant", GradientOps::lsq));
  }

  private static GoldenResult input(GoldenCase c, Ste ste) {
    QuantDescriptor descriptor = format(c).axis(c.intsParam("axis")).ste(ste).build();
    return input(c, descriptor, Map.of("amax", c.input("amax")));
  }

  private static GoldenResult input(GoldenCase c, QuantDescriptor d, Map<String, INDArray> given) {
    StraightThrough estimator = StraightThrough.of(d, Layout.UNKNOWN);
    QuantGradients gradients = estimator.backward(c.input("x"), given, c.input("grad_output"));
    return GoldenResult.of("grad_input", gradients.input());
  }

  private static GoldenResult e4m3(GoldenCase c) {
    // Without an amax pytorch-quantization clips at the format's largest number, ModelOpt nowhere.
    boolean passes = !c.hasInput("amax") && c.peer().equals("modelopt");
    INDArray amax = c.hasInput("amax") ? c.input("amax") : Nd4j.scalar(448f);
    Ste ste = passes ? Ste.PASS_THROUGH : Ste.CLIP;
    QuantDescriptor.Builder e4m3 = QuantDescriptor.builder().bits(4, 3).axis(c.intsParam("axis"));
    return input(c, e4m3.ste(ste).build(), Map.of("amax", amax));
  }

  private static GoldenResult affine(GoldenCase c) {
    QuantDescriptor affine = format(c).affine(true).build();
    return input(c, affine, Map.of("min", c.input("min_range"), "max", c.input("max_range")));
  }

  private static GoldenResult intCast(GoldenCase c) {
    int bits = c.intParam("num_bits");
    INDArray unitStep = Nd4j.scalar((float) (1 << (c.flag("unsigned") ? bits : bits - 1)) - 1);
    StraightThrough step = StraightThrough.of(format(c).ste(Ste.LSQ).build(), Layout.UNKNOWN);
    Map<String, INDArray> given = Map.of("amax", unitStep);
    return GoldenResult.of("y", step.forward(c.input("x"), given))
        .and("grad_input", step.backward(c.input("x"), given, c.input("grad_output")).input());
  }

  private static GoldenResult clipLearnRange(GoldenCase c) {
    LearnedRange range = LearnedRange.independent(QuantDescriptor.bits(8), Layout.UNKNOWN);
    Map<String, INDArray> given =
        Map.of("min", c.input("clip_value_min"), "max", c.input("clip_value_max"));
    return ends(c, range, given).and("y", range.clip(c.input("x"), given));
  }

  private static GoldenResult learnAmax(GoldenCase c) {
    LearnedRange range = LearnedRange.independent(format(c).build(), Layout.UNKNOWN);
    Map<String, INDArray> given = Map.of("min", c.input("amax").neg(), "max", c.input("amax"));
    return ends(c, range, given).and("y", range.forward(c.input("x"), given));
  }

  private static GoldenResult ends(GoldenCase c, LearnedRange range, Map<String, INDArray> given) {
    QuantGradients gradients = range.backward(c.input("x"), given, c.input("grad_output"));
    return GoldenResult.of("grad_input", gradients.input())
        .and("grad_min", gradients.parameter("min"), RANGE_SUMS)
        .and("grad_max", gradients.parameter("max"), RANGE_SUMS);
  }

  private static GoldenResult learnableAffine(GoldenCase c) {
    int codes = c.intParam("quant_max") - c.intParam("quant_min") + 1;
    QuantDescriptor.Builder affine =
        QuantDescriptor.builder()
            .bits(Integer.numberOfTrailingZeros(codes))
            .affine(true)
            .ste(Ste.LSQ);
    QuantDescriptor descriptor = affine.unsigned(c.intParam("quant_min") == 0).build();
    StraightThrough estimator = StraightThrough.of(descriptor, Layout.UNKNOWN);
    Map<String, INDArray> given =
        Map.of("scale", c.input("scale"), "zeroPoint", c.input("zero_point"));
    QuantGradients g = estimator.backward(c.input("x"), given, c.input("grad_output"));
    return GoldenResult.of("y", estimator.forward(c.input("x"), given))
        .and("grad_input", g.input())
        .and("grad_scale", g.parameter(LearnedAffine.SCALE), relative(1e-4))
        .and("grad_zero_point", g.parameter(LearnedAffine.ZERO_POINT), relative(1e-4));
  }

  private static GoldenResult lsq(GoldenCase c) {
    BlockSize block = BlockSize.axis(-1, c.intParam("block_size"));
    QuantDescriptor descriptor = format(c).blockSizes(block).ste(Ste.LSQ).build();
    if (c.flag("tied_amax")) {
      Map<String, INDArray> given = Map.of("amax", c.input("amax_pre"));
      return steps(c, LearnedStep.of(descriptor, Layout.UNKNOWN), given, "amax");
    }
    Map<String, INDArray> given =
        Map.of("amaxPre", c.input("amax_pre"), "amaxPost", c.input("amax_post"));
    return steps(c, LearnedStep.twoSteps(descriptor, Layout.UNKNOWN), given, "amaxPre");
  }

  private static GoldenResult steps(
      GoldenCase c, LearnedStep step, Map<String, INDArray> given, String pre) {
    QuantGradients gradients = step.backward(c.input("x"), given, c.input("grad_output"));
    GoldenResult result =
        GoldenResult.of("y", step.forward(c.input("x"), given))
            .and("grad_input", gradients.input(), relative(1e-6))
            .and("grad_amax_pre", gradients.parameter(pre), BLOCK_SUMS);
    INDArray post = gradients.parameters().get(LearnedStep.AMAX_POST);
    return post == null ? result : result.and("grad_amax_post", post, BLOCK_SUMS);
  }

  private static QuantDescriptor.Builder format(GoldenCase c) {
    return QuantDescriptor.builder()
        .bits(c.intParam("num_bits"))
        .unsigned(c.flag("unsigned"))
        .narrowRange(c.flag("narrow_range"));
  }
}
