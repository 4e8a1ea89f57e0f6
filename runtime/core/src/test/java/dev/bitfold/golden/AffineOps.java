package dev.bitfold.golden;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.gradient.QuantGradients;
import dev.bitfold.gradient.StraightThrough;
import dev.bitfold.parity.AbsmaxQuantizer;
import dev.bitfold.parity.AbsmaxQuantizer.Granularity;
import dev.bitfold.parity.PeerRange;
import dev.bitfold.quantizer.Quantizer;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Section c: scale and zero point, and the absmax functions of SmoothQuant and its notebooks. */
final class AffineOps {
  private AffineOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of(
        "fake_affine_tensor_quant", AffineOps::range,
        "fake_quantize_per_tensor_affine", AffineOps::perTensor,
        "fake_quantize_per_channel_affine", AffineOps::perChannel,
        "notebook_quant", AffineOps::notebook,
        "smoothquant_fake_quant", AffineOps::smoothQuant,
        "w8a8_linear", AffineOps::linear);
  }

  /** The peer's function; where its range holds zero, it is Bitfold's own as well. */
  private static GoldenResult range(GoldenCase golden) {
    int bits = golden.intParam("num_bits");
    INDArray min = golden.input("min_range");
    INDArray max = golden.input("max_range");
    INDArray x = golden.input("x");
    float low = min.getFloat(0);
    float high = max.getFloat(0);
    boolean own = low <= 0 && high >= 0 && low < high;
    return GoldenResult.of(
        "y",
        own
            ? Quantizer.of(affine(bits, 0).build()).withRange(min, max).quantize(x)
            : new PeerRange(bits, low, high).quantize(x));
  }

  private static GoldenResult perTensor(GoldenCase golden) {
    INDArray scale = Nd4j.scalar((float) golden.doubleParam("scale"));
    INDArray zeroPoint = Nd4j.scalar((float) golden.doubleParam("zero_point"));
    return zeroPoint(golden, scale, zeroPoint);
  }

  private static GoldenResult perChannel(GoldenCase golden) {
    return zeroPoint(golden, golden.input("scale"), golden.input("zero_point"));
  }

  private static GoldenResult zeroPoint(GoldenCase golden, INDArray scale, INDArray zeroPoint) {
    int min = golden.intParam("quant_min");
    int bits = 32 - Integer.numberOfLeadingZeros(golden.intParam("quant_max") - min);
    QuantDescriptor descriptor = affine(bits, min).axis(golden.intsParam("axis")).build();
    Quantizer quantizer = Quantizer.of(descriptor).withScale(scale, zeroPoint);
    QuantDescriptor learned = descriptor.toBuilder().ste(Ste.LSQ).build();
    QuantGradients gradients =
        StraightThrough.of(learned, Layout.UNKNOWN)
            .backward(
                golden.input("x"),
                Map.of("scale", scale, "zeroPoint", forBackward(zeroPoint)),
                golden.input("grad_output"));
    return GoldenResult.of("y", quantizer.quantize(golden.input("x")))
        .and("grad_input", gradients.input());
  }

  /**
   * The learned zero point that the gradient takes for this one: it adds a half and cuts towards
   * zero, as its source does.
   */
  private static INDArray forBackward(INDArray zeroPoint) {
    INDArray real = zeroPoint.castTo(DataType.FLOAT);
    return real.sub(real.lt(0).castTo(DataType.FLOAT).mul(0.5));
  }

  private static QuantDescriptor.Builder affine(int bits, int min) {
    return QuantDescriptor.builder().bits(bits).affine(true).unsigned(min == 0);
  }

  private static GoldenResult notebook(GoldenCase golden) {
    boolean weight = golden.stringParam("tensor").equals("weight");
    Granularity granularity = granularity(golden.stringParam("granularity"), weight);
    int bits = golden.intParam("n_bits");
    AbsmaxQuantizer ours =
        golden.flag("symmetric")
            ? AbsmaxQuantizer.symmetric(bits, granularity)
            : AbsmaxQuantizer.asymmetric(bits, granularity);
    AbsmaxQuantizer quantizer = weight ? ours.asNotebookWeight() : ours.asNotebookActivation();
    AbsmaxQuantizer.Result result = quantizer.quantize(golden.input("x"));
    return GoldenResult.of("y", result.values())
        .and("l2_dist", result.l2Distance(), Tolerance.relative(1e-5))
        .and("scale", result.scale())
        .and("zero_point", result.zeroPoint().orElse(result.scale()));
  }

  private static GoldenResult smoothQuant(GoldenCase golden) {
    String function = golden.stringParam("function");
    String granularity = function.replaceAll(".*_(per_[a-z]+)_.*", "$1");
    return GoldenResult.of(
        "y",
        absmax(golden, granularity, function.contains("weight"))
            .quantize(golden.input("x"))
            .values());
  }

  private static GoldenResult linear(GoldenCase golden) {
    INDArray x =
        absmax(golden, golden.stringParam("act_quant"), false).quantize(golden.input("x")).values();
    INDArray weight =
        absmax(golden, golden.stringParam("weight_quant"), true)
            .quantize(golden.input("weight"))
            .values();
    return GoldenResult.of("weight_q", weight)
        .and(
            "y", FloatLayers.linear(x, weight, golden.input("bias")), Tolerance.within(1e-5, 1e-6));
  }

  private static AbsmaxQuantizer absmax(GoldenCase golden, String granularity, boolean weight) {
    return AbsmaxQuantizer.symmetric(golden.intParam("n_bits"), granularity(granularity, weight));
  }

  private static Granularity granularity(String name, boolean weight) {
    return switch (name) {
      case "per_tensor" -> Granularity.PER_TENSOR;
      case "per_token" -> Granularity.PER_ROW;
      case "per_column" -> Granularity.PER_COLUMN;
      default -> weight ? Granularity.PER_ROW : Granularity.PER_CHANNEL;
    };
  }
}
