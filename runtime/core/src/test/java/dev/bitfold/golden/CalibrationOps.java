package dev.bitfold.golden;

import static dev.bitfold.golden.Tolerance.EXACT;
import static dev.bitfold.golden.Tolerance.relative;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.parity.ModelOptHistogram;
import dev.bitfold.parity.ModelOptHistogramCalibrator;
import dev.bitfold.parity.ModelOptWeights;
import dev.bitfold.parity.MseCalibrator;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Section f: calibrators; and the activation statistics of section g, which are one of them. */
final class CalibrationOps {
  private static final String NEAR_TIE = "another candidate is as good within 1e-5";

  private CalibrationOps() {}

  static Map<String, GoldenOp> ops() {
    return Map.of(
        "max_calibrator", CalibrationOps::max,
        "linear_act_scales", CalibrationOps::linearActScales,
        "histogram_calibrator", CalibrationOps::histogram,
        "histogram_amax", CalibrationOps::histogramAmax,
        "calibrate_weights", CalibrationOps::weights,
        "mse_calibrator", CalibrationOps::mse);
  }

  private static GoldenResult max(GoldenCase c) {
    boolean keeps = c.peer().equals("pytorch_quantization");
    QuantDescriptor descriptor = format(c).axis(c.intsParam("axis")).build();
    NonFinite policy = keeps ? NonFinite.KEEP : NonFinite.REFUSE;
    Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN, policy);
    c.batches().forEach(calibrator::observe);
    return GoldenResult.of("amax", calibrator.amax());
  }

  private static GoldenResult linearActScales(GoldenCase c) {
    QuantDescriptor perChannel = QuantDescriptor.builder().per("C").build();
    Calibrator calibrator = Calibrators.of(perChannel, new Layout("…C"));
    c.batches().forEach(calibrator::observe);
    return GoldenResult.of("act_scales", calibrator.amax().ravel());
  }

  private static GoldenResult histogram(GoldenCase c) {
    int bins = c.intParam("num_bins");
    QuantDescriptor descriptor = format(c).build();
    ModelOptHistogramCalibrator calibrator =
        c.flag("torch_hist")
            ? ModelOptHistogramCalibrator.torch(descriptor, bins, c.flag("skip_zeros"))
            : ModelOptHistogramCalibrator.numpy(descriptor, bins, c.flag("skip_zeros"));
    c.batches().forEach(calibrator::observe);
    return found(c, descriptor, calibrator.histogram());
  }

  private static GoldenResult found(GoldenCase c, QuantDescriptor d, ModelOptHistogram h) {
    GoldenResult result = GoldenResult.of("hist", h.counts());
    result.and("bin_edges", h.edges(), relative(1e-6));
    String prefix = "percentile_";
    for (var names = c.expected().fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (name.startsWith(prefix)) {
        float amax = h.percentile(Double.parseDouble(name.substring(prefix.length())));
        result.and(name, Nd4j.scalar(amax), relative(1e-6));
      }
    }
    return c.expected().has("mse") ? searched(c, d, h, result) : result;
  }

  private static GoldenResult searched(
      GoldenCase c, QuantDescriptor d, ModelOptHistogram h, GoldenResult result) {
    int start = c.intParam("start_bin");
    int stride = c.intParam("stride");
    clear(c, result, "mse", "mse_margin", () -> h.mse(d, start, stride), relative(1e-6));
    if (c.expected().has("entropy")) {
      clear(
          c,
          result,
          "entropy",
          "entropy_margin",
          () -> h.entropy(d, start, stride),
          relative(1e-6));
    }
    return result;
  }

  private static GoldenResult histogramAmax(GoldenCase c) {
    double[] edges = c.input("bin_edges").dup('c').data().asDouble();
    ModelOptHistogram h = ModelOptHistogram.of(c.integers("hist"), edges);
    QuantDescriptor d = format(c).build();
    if (c.stringParam("method").equals("percentile")) {
      return GoldenResult.of("amax", h.percentile(c.doubleParam("percentile")));
    }
    boolean mse = c.stringParam("method").equals("mse");
    int start = c.intParam("start_bin");
    int stride = c.intParam("stride");
    GoldenResult none = GoldenResult.none();
    return clear(
        c,
        none,
        "amax",
        "margin",
        () -> mse ? h.mse(d, start, stride) : h.entropy(d, start, stride),
        EXACT);
  }

  private static GoldenResult weights(GoldenCase c) {
    String method = c.stringParam("method").toUpperCase(Locale.ROOT);
    QuantDescriptor.Builder d = format(c).calib(Calib.valueOf(method));
    if (method.equals("PERCENTILE")) {
      d.percentile(c.doubleParam("percentile"));
    }
    int bins = c.intParam("num_bins");
    int start = c.intParam("start_bin");
    return GoldenResult.of(
        "amax", ModelOptWeights.amax(c.input("weight"), 0, d.build(), bins, start));
  }

  private static GoldenResult mse(GoldenCase c) {
    INDArray initial = c.input("initial_amax");
    double start = c.doubleParam("start_multiplier");
    double stop = c.doubleParam("stop_multiplier");
    QuantDescriptor d = format(c).axis(c.intsParam("axis")).build();
    MseCalibrator calibrator =
        MseCalibrator.of(d, Layout.UNKNOWN, initial, start, stop, c.doubleParam("step_size"));
    c.batches().forEach(calibrator::observe);
    GoldenResult result = GoldenResult.of("candidates", calibrator.multipliers(), relative(1e-6));
    return clear(c, result, "amax", "margin", calibrator::amax, relative(1e-6));
  }

  /** A search's result is compared only if the winner is clear. */
  private static GoldenResult clear(
      GoldenCase c,
      GoldenResult result,
      String field,
      String margin,
      Supplier<Object> amax,
      Tolerance tolerance) {
    result.leaveOut(margin, "says how clear the winner is");
    return GoldenTensor.number(c.expected().path(margin)) > 1e-5
        ? result.and(field, amax.get(), tolerance)
        : result.leaveOut(field, NEAR_TIE);
  }

  private static QuantDescriptor.Builder format(GoldenCase c) {
    int[] bits = c.intsParam("num_bits");
    return QuantDescriptor.builder()
        .bits(bits.length == 0 ? new int[] {8} : bits)
        .unsigned(c.flag("unsigned"))
        .narrowRange(c.flag("narrow_range"));
  }
}
