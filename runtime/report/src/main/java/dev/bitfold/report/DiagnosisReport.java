package dev.bitfold.report;

import dev.bitfold.calibration.Histogram;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.smoothquant.AlphaCurve;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Turns a diagnosis into a report. */
final class DiagnosisReport {
  private final Diagnosis diagnosis;
  private final Summary summary;

  DiagnosisReport(Diagnosis diagnosis) {
    this.diagnosis = diagnosis;
    this.summary = diagnosis.summary();
  }

  Report report(String title, Report.Origin origin) {
    return new Report(
        title,
        origin,
        summary.modelError().map(Report.ModelError::of).orElse(null),
        new Report.Totals(
            summary.layers(), summary.rows().size(), summary.weightBytes(), summary.floatBytes()),
        diagnosis.layers().stream().map(this::layer).toList(),
        summary.skipped().stream().map(this::skipped).toList(),
        null,
        null,
        null);
  }

  /** Returns the parts of a summary's text such as {@code norm (LayerNorm)}, with the reason. */
  private Report.Skipped skipped(String text) {
    int space = text.lastIndexOf(" (");
    if (space < 0 || !text.endsWith(")")) {
      return new Report.Skipped(text, "", "@SkipQuantize or skip");
    }
    String path = text.substring(0, space);
    String type = text.substring(space + 2, text.length() - 1);
    if (type.equals("null")) {
      return new Report.Skipped(path, "", "null in the model");
    }
    // Annotations skip components; one tensor of a layer that is quantized otherwise, only a plan.
    boolean oneTensor = diagnosis.layers().stream().anyMatch(layer -> isOf(path, layer.path()));
    return new Report.Skipped(path, type, oneTensor ? "skip" : "@SkipQuantize or skip");
  }

  private static boolean isOf(String tensor, String layer) {
    return tensor.startsWith(layer) && tensor.lastIndexOf('.') == layer.length();
  }

  private Report.Layer layer(Diagnosis.Layer layer) {
    OptionalDouble alpha = layer.alpha().map(Alpha::fixed).orElse(OptionalDouble.empty());
    return new Report.Layer(
        layer.path(),
        layer.layerClass(),
        formats(layer.path()),
        orNull(layer.weightDecibels()),
        orNull(layer.inputDecibels()),
        orNull(layer.outputDecibels()),
        orNull(layer.outputL1()),
        null,
        orNull(alpha),
        layer.curve().map(DiagnosisReport::curve).orElse(null),
        layer.inputs().stream().map(i -> input(layer.path(), i, alpha.isPresent())).toList(),
        layer.packedBytes(),
        layer.floatBytes());
  }

  private Report.Input input(String layer, Diagnosis.Input input, boolean smoothed) {
    Double amax = orNull(input.amax());
    Optional<Summary.Row> row = summary.row(layer + "." + input.name());
    Histogram seen = input.after().histogram();
    List<Report.CalibratorChoice> choices = new ArrayList<>();
    input.calibrators().forEach((name, chosen) -> choices.add(choice(name, chosen, seen, row)));
    return new Report.Input(
        input.name(),
        activations(input.before(), smoothed ? null : amax),
        smoothed ? activations(input.after(), amax) : null,
        choices);
  }

  private static Report.CalibratorChoice choice(
      String name, double amax, Histogram seen, Optional<Summary.Row> row) {
    Optional<NumberFormat.IntFormat> integers =
        row.map(Summary.Row::descriptor).flatMap(d -> d.format().integers());
    Optional<ClippingEstimate> estimate =
        ClippingEstimate.of(seen, amax, integers.map(NumberFormat.IntFormat::max).orElse(1));
    return new Report.CalibratorChoice(
        name,
        amax,
        estimate.map(ClippingEstimate::clipped).orElse(null),
        integers.flatMap(i -> estimate).map(ClippingEstimate::error).orElse(null));
  }

  /** Returns how each tensor of a layer is quantized, by its name. */
  private Map<String, String> formats(String layer) {
    Map<String, String> formats = new LinkedHashMap<>();
    for (Summary.Row row : summary.rows()) {
      if (isOf(row.path(), layer)) {
        formats.put(row.path().substring(layer.length() + 1), row.descriptor().toString());
      }
    }
    return formats;
  }

  private static Report.Curve curve(AlphaCurve curve) {
    List<Double> alphas = new ArrayList<>();
    List<Double> errors = new ArrayList<>();
    Double off = null;
    for (int i = 0; i < curve.alphas().size(); i++) {
      double error = curve.errors().get(i);
      if (curve.alphas().get(i) instanceof Alpha.Fixed alpha) {
        alphas.add(alpha.value());
        errors.add(error);
      } else {
        off = error;
      }
    }
    return new Report.Curve(alphas, errors, off);
  }

  private static Report.Activations activations(
      Diagnosis.Activations activations, @Nullable Double amax) {
    return new Report.Activations(
        activations.histogram().counts(),
        activations.histogram().width(),
        amax,
        activations.channels().stream().map(Float::doubleValue).toList());
  }

  private static @Nullable Double orNull(OptionalDouble value) {
    return value.isPresent() && Double.isFinite(value.getAsDouble()) ? value.getAsDouble() : null;
  }
}
