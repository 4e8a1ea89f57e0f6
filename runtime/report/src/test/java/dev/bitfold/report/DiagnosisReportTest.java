package dev.bitfold.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.calibration.Histogram;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Comparison;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Allocation;
import dev.bitfold.tuning.Sensitivity;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** Checks which parts of a diagnosis a report contains. */
class DiagnosisReportTest {
  private static final Histogram SEEN = new Histogram(1, Collections.nCopies(64, 10L), 64, 0);
  private static final Diagnosis.Activations BEFORE =
      new Diagnosis.Activations(64, 2, List.of(1f, 2f, 64f), SEEN);
  private static final Diagnosis.Activations AFTER =
      new Diagnosis.Activations(4, 2, List.of(1f, 2f, 4f), SEEN);
  private static final Comparison COMPARISON =
      new Comparison(12, 0.02, 0.999, new Comparison.Worst(0, 3, 0.05));

  private static Diagnosis.Input input(String name) {
    return new Diagnosis.Input(
        name, OptionalDouble.of(31), OptionalDouble.of(32), BEFORE, AFTER, Map.of("max", 64.0));
  }

  private static Summary.Row row(String tensor, TensorRole role, QuantDescriptor descriptor) {
    return new Summary.Row(
        "blocks.0.product." + tensor,
        "Product",
        role,
        descriptor,
        Optional.empty(),
        OptionalDouble.of(31),
        new Summary.Smoothing.NotWanted(),
        Optional.empty());
  }

  private static Diagnosis diagnosis(Optional<Comparison> modelError) {
    AlphaCurve curve =
        new AlphaCurve(List.of(Alpha.off(), Alpha.of(0.25), Alpha.of(0.5)), List.of(3.0, 1.0, 2.0));
    Diagnosis.Layer layer =
        new Diagnosis.Layer(
            "blocks.0.product",
            "Product",
            OptionalDouble.empty(),
            List.of(input("left"), input("right")),
            OptionalDouble.of(28),
            OptionalDouble.of(0.03),
            Optional.of(Alpha.of(0.25)),
            Optional.of(curve),
            100,
            400);
    Summary summary =
        new Summary(
            List.of(
                row("left", TensorRole.INPUT, QuantDescriptor.bits(8)),
                row("right", TensorRole.INPUT, QuantDescriptor.bits(4))),
            List.of(
                "blocks.0.norm (LayerNorm)",
                "blocks.0.product.bias (Product)",
                "blocks.1.weight (null)"),
            3,
            250,
            800,
            800,
            modelError,
            Optional.empty());
    return new Diagnosis(List.of(layer), summary);
  }

  @Test
  void everyInputOfALayerIsThere() {
    Report.Layer layer = Report.of("m", diagnosis(Optional.empty())).layers().get(0);

    assertEquals(
        List.of("left", "right"), layer.inputs().stream().map(Report.Input::name).toList());
    assertEquals(32, layer.inputs().get(0).before().maxOverMedian());
    assertEquals(2, assertNotNullAnd(layer.inputs().get(1).after()).maxOverMedian());
    assertEquals(new Report.Curve(List.of(0.25, 0.5), List.of(1.0, 2.0), 3.0), layer.curve());
  }

  @Test
  void aCalibratorsErrorIsInTheFormatOfTheInput() {
    List<Report.Input> inputs =
        Report.of("m", diagnosis(Optional.empty())).layers().get(0).inputs();
    // Values spread evenly from 0 to 64: the step of int8 is 64 / 127, its noise step² / 12.
    double int8 = 64 / 127.0 / Math.sqrt(12) / (64 / Math.sqrt(3));

    assertEquals(1, assertNotNullAnd(inputs.get(0).calibrators().get(0).error()) / int8, 0.01);
    assertEquals(
        127 / 7.0, assertNotNullAnd(inputs.get(1).calibrators().get(0).error()) / int8, 0.2);
  }

  @Test
  void theModelsErrorComesFromTheSummaryOrFromAComparison() {
    Report unmeasured = Report.of("m", diagnosis(Optional.empty()));
    assertNull(unmeasured.modelError());
    Report.ModelError expected = new Report.ModelError(0.02, 0.999, 12);

    assertEquals(expected, unmeasured.with(COMPARISON).modelError());
    assertEquals(expected, Report.of("m", diagnosis(Optional.of(COMPARISON))).modelError());
  }

  @Test
  void saysWhenAndByWhatItWasMadeAndOnWhichData() {
    Instant before = Instant.now().minusSeconds(2);
    Report report = Report.of("m", diagnosis(Optional.empty())).withData("12 digits");

    Instant written = Instant.parse(report.origin().written());
    assertTrue(written.isAfter(before) && !written.isAfter(Instant.now()), written.toString());
    assertTrue(
        report.origin().version().matches("\\d+\\.\\d+\\.\\d+.*"), report.origin().version());
    assertEquals("12 digits", report.origin().data());
  }

  @Test
  void totalsAndWhatStaysFloatAreOfTheWholeModel() {
    Report report = Report.of("m", diagnosis(Optional.empty()));

    assertEquals(new Report.Totals(3, 2, 250, 800), report.totals());
    assertEquals(
        List.of(
            new Report.Skipped("blocks.0.norm", "LayerNorm", "@SkipQuantize or skip"),
            new Report.Skipped("blocks.0.product.bias", "Product", "skip"),
            new Report.Skipped("blocks.1.weight", "", "null in the model")),
        report.skipped());
  }

  @Test
  void sensitivityAndAdviceAreAdded() {
    Advice advice =
        new Advice(
            "blocks.0.product",
            "@Quantize(bits = 8)",
            "input 31 dB",
            Map.of(),
            .2,
            .1,
            .04,
            .02,
            7);
    Report bare = Report.of("m", diagnosis(Optional.empty()));
    Report report =
        bare.with(
                new Sensitivity(
                    List.of(new Sensitivity.Layer("blocks.0.product", OptionalDouble.of(0.5)))))
            .with(List.of(advice));

    assertNull(bare.changes());
    assertEquals(0.5, report.layers().get(0).sensitivity());
    assertEquals(
        List.of(
            new Report.Change(
                "blocks.0.product", "@Quantize(bits = 8)", "input 31 dB", .04, .02, .2, .1, 7)),
        report.changes());
    assertEquals(List.of(), bare.with(List.<Advice>of()).changes());
  }

  @Test
  void theFormatsOfABudgetAreThereWithOtherBudgets() {
    QuantDescriptor format = QuantDescriptor.builder().bits(4).per("O").build();
    Allocation.Point chosen = new Allocation.Point(700, 0.02, 0.021);
    Allocation.Point small = new Allocation.Point(400, 0.2, 0.18);
    Allocation allocation =
        new Allocation(
            List.of(
                new Allocation.Weight("a.weight", Optional.of(format), 300, 0.01),
                new Allocation.Weight("b.weight", Optional.empty(), 400, 0)),
            Map.of("c.weight", "its scales are dynamic"),
            chosen,
            List.of(small, small, chosen),
            Double.NaN,
            false);
    Report bare = Report.of("m", diagnosis(Optional.empty()));

    Report.Formats formats = assertNotNullAnd(bare.with(allocation).withData("d").formats());

    assertNull(bare.formats());
    assertEquals(
        List.of(
            new Report.Formats.Weight("a.weight", "int4 per O", 300, 0.01),
            new Report.Formats.Weight("b.weight", "float32", 400, 0)),
        formats.weights());
    assertEquals(new Report.Formats.Point(700, 0.02, 0.021), formats.chosen());
    assertEquals(
        List.of(new Report.Formats.Point(400, 0.2, 0.18), formats.chosen()), formats.front());
    assertNull(formats.rankCorrelation());
    assertFalse(formats.heldOut());
  }

  private static <T> T assertNotNullAnd(@org.jspecify.annotations.Nullable T value) {
    assertNotNull(value);
    return value;
  }
}
