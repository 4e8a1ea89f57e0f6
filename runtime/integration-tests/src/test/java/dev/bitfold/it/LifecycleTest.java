package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.layers.W4A8Recipe;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** From the annotation to the quantized model, on a small network with outlier channels. */
class LifecycleTest {
  private static final int C = 16;

  private final Mlp mlp =
      new Mlp(
          Linear.random(1, C, C),
          List.of(Linear.random(2, C, C), Linear.random(3, C, C)),
          Linear.random(4, 4, C));
  private final INDArray probe = Arrays.outliers(1000, 512, C);
  private final List<INDArray> batches =
      IntStream.range(0, 6).mapToObj(i -> Arrays.outliers(i, 512, C)).toList();
  private final INDArray expected = mlp.forward(probe);

  @Test
  void smoothingWithASearchedAlphaBeatsPlainStaticQuantization() {
    Calibration<Mlp> calibration = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward);
    Quantized<Mlp> plain = calibration.freeze();
    Calibration<Mlp> searched = calibration.smoothQuant(SmoothQuantOptions.searchAlpha());
    Quantized<Mlp> smooth = searched.freeze();

    double plainError = Errors.relative(expected, plain.model().forward(probe));
    double smoothError = Errors.relative(expected, smooth.model().forward(probe));

    assertTrue(plainError > 0.02, "static alone is lossy here: " + plainError);
    // Only the first layer has outlier channels; the 8 bits of the three after it stay.
    AlphaCurve first = Objects.requireNonNull(searched.alphaCurves().get("fc1"));
    double best = first.errors().get(first.alphas().indexOf(first.chosen()));
    assertTrue(best < 0.4 * first.errors().get(0), "fc1: " + first);
    assertTrue(smoothError < 0.6 * plainError, smoothError + " against " + plainError);
    assertEquals(4, calibration.smoothQuant().alphaCurves().size());
  }

  @Test
  void theOriginalModelIsNeverTouched() {
    MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).smoothQuant().freeze();

    Errors.assertSameBits(expected, mlp.forward(probe));
  }

  @Test
  void theQuantizedModelIsTheUsersOwnClassWithOtherLayers() {
    Mlp quantized = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze().model();

    assertSame(Mlp.class, quantized.getClass());
    assertEquals("QuantizedLinear", quantized.fc1().getClass().getSimpleName());
    assertNotSame(mlp.fc1().weight(), quantized.fc1().weight());
    assertNotSame(mlp.fc1().bias(), quantized.fc1().bias(), "nothing is shared");
    Errors.assertSameBits(mlp.fc1().bias(), quantized.fc1().bias());
  }

  @Test
  void eightThreadsGetTheSameBitsAsOne() {
    Mlp quantized =
        MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).smoothQuant().freeze().model();
    INDArray alone = quantized.forward(probe);

    Threads.eight(() -> Errors.assertSameBits(alone, quantized.forward(probe)));
  }

  @Test
  void aParallelForwardLoopCalibratesLikeASerialOne() {
    Quantized<Mlp> serial = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze();
    Quantized<Mlp> parallel =
        MlpQuantizer.of(mlp)
            .calibrate(
                List.of(batches),
                (model, all) -> all.parallelStream().map(model::forward).toList().get(0))
            .freeze();

    // Their outputs differ: one forward gives that of the first batch for all.
    assertEquals(
        serial.summary().withModelError(Optional.empty()).toString(),
        parallel.summary().withModelError(Optional.empty()).toString());
    Errors.assertSameBits(serial.model().forward(probe), parallel.model().forward(probe));
  }

  @Test
  void theFloatRecipeGivesTheFloatModel() {
    Mlp same = MlpQuantizer.of(mlp).using(Recipe.FLOAT).freeze().model();

    Errors.assertSameBits(expected, same.forward(probe));
  }

  @Test
  void dynamicInputsNeedNoData() {
    Mlp dynamic = MlpQuantizer.of(mlp).using(Recipe.INT8_DYNAMIC).freeze().model();

    double error = Errors.relative(expected, dynamic.forward(probe));
    assertTrue(error > 0 && error < 0.1, "relative error " + error);
  }

  @Test
  void aUsersOwnRecipeIsAValueToo() {
    Mlp w4a8 =
        MlpQuantizer.of(mlp)
            .using(W4A8Recipe.RECIPE)
            .calibrate(batches, Mlp::forward)
            .freeze()
            .model();
    Mlp w8a8 = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze().model();

    assertTrue(
        Errors.relative(expected, w4a8.forward(probe))
            > Errors.relative(expected, w8a8.forward(probe)));
  }

  @Test
  void describingOneTensorChangesThatOneAlone() {
    Quantized<Mlp> described =
        MlpQuantizer.of(mlp)
            .describe("hidden.1.weight", QuantDescriptor.bits(2))
            .calibrate(batches, Mlp::forward)
            .freeze();

    assertEquals(
        2, described.summary().row("hidden.1.weight").orElseThrow().descriptor().format().bits());
    assertEquals(
        8, described.summary().row("hidden.0.weight").orElseThrow().descriptor().format().bits());
    assertTrue(distinct(described.model().hidden().get(1).weight()) <= 4);
    assertTrue(distinct(described.model().hidden().get(0).weight()) > 4);
  }

  private static long distinct(INDArray x) {
    Set<Float> values = new HashSet<>();
    for (float value : x.dup().data().asFloat()) {
      values.add(value);
    }
    return values.size();
  }

  @Test
  void eachWeightChannelHasItsOwnScaleOfAtMost256Steps() {
    Linear layer = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze().model().fc1();

    for (int o = 0; o < C; o++) {
      float[] original = mlp.fc1().weight().getRow(o).dup().data().asFloat();
      float[] quantized = layer.weight().getRow(o).dup().data().asFloat();
      float amax = 0;
      for (float w : original) {
        amax = Math.max(amax, Math.abs(w));
      }
      float scale = 127 / amax;
      for (int i = 0; i < original.length; i++) {
        assertEquals(
            (float) Math.rint(original[i] * scale) / scale, quantized[i], "[" + o + "," + i + "]");
      }
    }
  }

  @Test
  void thePlanListsItsQuantizersBeforeAnyData() {
    var rows = MlpQuantizer.of(mlp).summary().rows();

    assertEquals(
        List.of(
            "fc1.weight",
            "fc1.x",
            "hidden.0.weight",
            "hidden.0.x",
            "hidden.1.weight",
            "hidden.1.x",
            "head.weight",
            "head.x"),
        rows.stream().map(row -> row.path()).toList());
    assertTrue(
        rows.stream().filter(r -> r.path().endsWith(".x")).allMatch(r -> r.amax().isEmpty()));
  }

  @Test
  void theSummaryTellsAmaxErrorAndAlphaOfEachQuantizer() {
    var summary =
        MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).smoothQuant().freeze().summary();

    assertEquals(8, summary.rows().size());
    for (var row : summary.rows()) {
      assertTrue(row.amax().isPresent(), row.path());
      assertTrue(row.decibels().orElseThrow() > 25, row.path() + " " + row.decibels());
    }
    assertFalse(summary.toString().contains("not run"));
    assertTrue(summary.toString().contains("alpha"));
  }

  @Test
  void tiedLayersStayTied() {
    Linear tied = Linear.random(61, C, C);
    Mlp model = new Mlp(tied, List.of(tied), Linear.random(4, 4, C));

    Mlp quantized = MlpQuantizer.of(model).calibrate(batches, Mlp::forward).freeze().model();

    assertSame(quantized.fc1(), quantized.hidden().get(0));
  }

  @Test
  void progressCountsEveryBatchOfEveryPass() {
    java.util.List<String> heard = new java.util.ArrayList<>();
    MlpQuantizer.of(mlp)
        .withProgress(p -> heard.add(p.stage() + " " + p.done() + "/" + p.total().orElse(-1)))
        .calibrate(batches, Mlp::forward)
        .smoothQuant(SmoothQuantOptions.sweepAlpha(0.5));

    assertTrue(heard.contains("calibrating 6/6"), heard.toString());
    assertTrue(heard.contains("searching alpha 18/18"), heard.toString());
    assertTrue(heard.contains("proving 6/6"), heard.toString());
  }
}
