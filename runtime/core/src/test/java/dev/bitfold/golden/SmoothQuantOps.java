package dev.bitfold.golden;

import static dev.bitfold.golden.Tolerance.relative;
import static dev.bitfold.golden.Tolerance.within;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.parity.PeerScales;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.smoothquant.ChannelAmax;
import dev.bitfold.smoothquant.SmoothScales;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Section g: SmoothQuant. */
final class SmoothQuantOps {
  private static final Layout OI = new Layout("OI");
  private static final Layout CHANNELS = new Layout("…C");
  private static final Layout NCHW = new Layout("NCHW");
  private static final Layout OIHW = new Layout("OIHW");
  private static final Tolerance SCALES = relative(4e-7);
  private static final Tolerance FOLDED = relative(1e-6);
  private static final Tolerance OUTPUT = within(1e-4, 1e-5);

  private SmoothQuantOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of(
        "smooth_ln_fcs", SmoothQuantOps::foldIntoNorm,
        "smooth_rmsnorm_fcs", SmoothQuantOps::foldIntoNorm,
        "modelopt_smoothquant", SmoothQuantOps::linear,
        "conv2d_smoothquant", SmoothQuantOps::convolution);
  }

  private static GoldenResult foldIntoNorm(GoldenCase c) {
    List<INDArray> weights = c.numbered("w");
    INDArray ws = weights.stream().map(w -> amax(w, OI)).reduce(ChannelAmax::max).orElseThrow();
    SmoothScales scales = PeerScales.paper(c.input("act_scales"), ws, c.doubleParam("alpha"));
    INDArray norm = scales.foldInto(c.input("ln_weight"), new Layout("C"));
    GoldenResult result = GoldenResult.of("ln_weight", norm, FOLDED);
    result
        .and("weight_scales", Transforms.max(ws, 1e-5))
        .and("scales", scales.weightScale(), SCALES);
    for (int i = 0; i < weights.size(); i++) {
      result.and("w" + i, scales.smoothWeight(weights.get(i), OI), FOLDED);
    }
    return c.hasInput("ln_bias") ? withOutputs(c, scales, norm, result) : result;
  }

  private static GoldenResult withOutputs(
      GoldenCase c, SmoothScales scales, INDArray norm, GoldenResult result) {
    INDArray bias = scales.foldInto(c.input("ln_bias"), new Layout("C"));
    double eps = c.doubleParam("ln_eps");
    INDArray x = FloatLayers.layerNorm(c.input("x"), c.input("ln_weight"), c.input("ln_bias"), eps);
    INDArray smooth = FloatLayers.layerNorm(c.input("x"), norm, bias, eps);
    for (int i = 0; c.hasInput("w" + i); i++) {
      INDArray w = scales.smoothWeight(c.input("w" + i), OI);
      INDArray b = c.input("b" + i);
      result.and("y" + i + "_before", FloatLayers.linear(x, c.input("w" + i), b), OUTPUT);
      result.and("y" + i + "_after", FloatLayers.linear(smooth, w, b), OUTPUT);
    }
    return result.and("ln_bias", bias, FOLDED);
  }

  private static GoldenResult linear(GoldenCase c) {
    INDArray x = c.input("x");
    INDArray act = ChannelAmax.ofInput(x, CHANNELS);
    SmoothScales scales =
        PeerScales.modelOpt(act, amax(c.input("weight"), OI), c.doubleParam("alpha"));
    INDArray weight = scales.smoothWeight(c.input("weight"), OI);
    INDArray smooth = scales.smoothInput(x, CHANNELS);
    Quantizer perRow = Quantizer.of(QuantDescriptor.builder().per("O").build(), OI);
    return GoldenResult.of("act_amax", act.reshape(1, 1, act.length()))
        .and("pre_quant_scale", scales.preQuantScale(), SCALES)
        .and("weight", weight, FOLDED)
        .and("input_amax", scales.smoothAmax(act).max(), FOLDED)
        .and("weight_amax", perRow.amax(weight), FOLDED)
        .and("y_before", FloatLayers.linear(x, c.input("weight"), c.input("bias")), OUTPUT)
        .and("y_after", FloatLayers.linear(smooth, weight, c.input("bias")), OUTPUT);
  }

  private static GoldenResult convolution(GoldenCase c) {
    INDArray act = ChannelAmax.ofInput(c.input("x"), NCHW);
    INDArray weight = amax(c.input("weight"), OIHW);
    SmoothScales scales = PeerScales.paper(act, weight, c.doubleParam("alpha"));
    INDArray x = scales.smoothInput(c.input("x"), NCHW);
    INDArray w = scales.smoothWeight(c.input("weight"), OIHW);
    INDArray b = c.input("bias");
    return GoldenResult.of("act_scale", act)
        .and("weight_scale", weight)
        .and("smooth_scale", scales.weightScale(), SCALES)
        .and("x_smoothed", x, FOLDED)
        .and("weight_smoothed", w, FOLDED)
        .and("y_before", FloatLayers.conv2d(c.input("x"), c.input("weight"), b, 1), OUTPUT)
        .and("y_after", FloatLayers.conv2d(x, w, b, 1), OUTPUT)
        .leaveOut("seed_buggy_act_scale", "mixes channels")
        .leaveOut("seed_buggy_weight_scale", "mixes channels");
  }

  private static INDArray amax(INDArray weight, Layout layout) {
    return ChannelAmax.ofWeight(weight, layout, (int) weight.size(1));
  }
}
