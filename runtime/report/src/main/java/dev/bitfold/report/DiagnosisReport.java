package dev.bitfold.report;

import dev.bitfold.descriptor.Alpha;
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

/** Brings a diagnosis into the shape of a report: of several inputs the first is shown. */
final class DiagnosisReport {
  private final Diagnosis diagnosis;

  DiagnosisReport(Diagnosis diagnosis) {
    this.diagnosis = diagnosis;
  }

  Report report(String title) {
    return new Report(
        title,
        diagnosis.layers().stream().map(this::layer).toList(),
        diagnosis.summary().skipped(),
        List.of());
  }

  private Report.Layer layer(Diagnosis.Layer layer) {
    Optional<Diagnosis.Input> input = layer.inputs().stream().findFirst();
    OptionalDouble alpha = layer.alpha().map(Alpha::fixed).orElse(OptionalDouble.empty());
    boolean smoothed = alpha.isPresent();
    Double amax = input.map(Diagnosis.Input::amax).map(DiagnosisReport::orNull).orElse(null);
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
        input.map(i -> activations(i.before(), smoothed ? null : amax)).orElse(null),
        smoothed ? input.map(i -> activations(i.after(), amax)).orElse(null) : null,
        input.map(Diagnosis.Input::calibrators).orElse(Map.of()),
        layer.packedBytes(),
        layer.floatBytes());
  }

  /** How each tensor of a layer is quantized, by its name. */
  private Map<String, String> formats(String layer) {
    Map<String, String> formats = new LinkedHashMap<>();
    for (Summary.Row row : diagnosis.summary().rows()) {
      int end = row.path().lastIndexOf('.');
      if (end == layer.length() && row.path().startsWith(layer)) {
        formats.put(row.path().substring(end + 1), row.descriptor().toString());
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
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
