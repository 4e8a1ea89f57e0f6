package dev.bitfold.it.fold;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Role;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.LayerNorm;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Checks scales that are folded into the source of a layer's input, and the proof that this is
 * allowed.
 */
@Tag("slow")
@Tag("any-jdk")
class FoldingTest {
  private static final int C = 16;

  private final List<INDArray> batches =
      IntStream.range(0, 4).mapToObj(i -> DecoderBlock.tokens(i, C)).toList();

  /** Seen while calibrating, so no static range clips it. */
  private final INDArray probe = batches.get(0);

  /** So fine that what differs is not quantization. */
  private static final Recipe FINE =
      Recipe.of("fine")
          .with(Role.WEIGHT, QuantDescriptor.builder().bits(16).per("O").build())
          .with(Role.INPUT, QuantDescriptor.bits(16))
          .withSmoothQuant(0.5);

  private static void refused(
      Class<? extends RuntimeException> type, Runnable action, String... parts) {
    RuntimeException e = assertThrows(type, action::run);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "no \"" + part + "\" in: " + e.getMessage());
    }
  }

  @Test
  void aPreNormDecoderBlockIsFoldedAndBeatsPlainQuantization() {
    DecoderBlock block = DecoderBlock.random(C);
    INDArray expected = block.forward(probe);
    Calibration<DecoderBlock> calibration =
        DecoderBlockQuantizer.of(block).calibrate(batches, DecoderBlock::forward);
    Calibration<DecoderBlock> smoothed = calibration.smoothQuant();
    Quantized<DecoderBlock> quantized = smoothed.freeze();

    double plain = relative(expected, calibration.freeze().model().forward(probe));
    double folded = relative(expected, quantized.model().forward(probe));
    assertTrue(folded < 0.6 * plain, folded + " against " + plain);

    Map<String, String> sources =
        Map.of(
            "attention.query.x", "norm1",
            "attention.key.x", "norm1",
            "attention.value.x", "norm1",
            "attention.output.x", "attention.value",
            "fc1.x", "norm2",
            "fc2.x", "fc1");
    sources.forEach(
        (input, source) -> {
          var smoothing = quantized.summary().row(input).orElseThrow().smoothing();
          Alpha alpha = smoothing.alpha().orElseThrow();
          assertEquals(!alpha.isOff(), smoothing.foldedInto().isPresent(), input);
          smoothing.foldedInto().ifPresent(into -> assertEquals(source, into, input));
        });
    assertTrue(quantized.summary().toString().contains(", folded into norm1"));
    var curves = smoothed.alphaCurves();
    assertEquals(curves.get("attention.query"), curves.get("attention.key"));
    assertEquals(curves.get("attention.query"), curves.get("attention.value"));
    assertNotEquals(curves.get("attention.query"), curves.get("fc1"));
  }

  @Test
  void aFoldedModelComputesTheSameInFloat() {
    DecoderBlock block = DecoderBlock.random(C);
    Calibration<DecoderBlock> calibration =
        DecoderBlockQuantizer.of(block).using(FINE).calibrate(batches, DecoderBlock::forward);

    Quantized<DecoderBlock> quantized = calibration.smoothQuant().freeze();

    double error = relative(block.forward(probe), quantized.model().forward(probe));
    assertTrue(error < 3e-4, "relative error " + error);
    DecoderBlock folded = quantized.model();
    assertTrue(
        relative(block.norm1().weight(), folded.norm1().weight()) > 0.3, "the gain has changed");
    assertTrue(relative(block.norm1().bias(), folded.norm1().bias()) > 0.3, "the bias as well");
    assertTrue(relative(block.attention().value().bias(), folded.attention().value().bias()) > 0.1);
    assertEquals(block.fc2().bias(), folded.fc2().bias(), "nothing is folded into fc2");
  }

  @Test
  void foldedIsWhatOnlineIsToFloatTolerance() {
    LayerNorm norm = Norms.withOutliers(5, C);
    Linear fc = Linear.random(6, 24, C);
    SmoothQuantOptions half = SmoothQuantOptions.alpha(0.5);
    INDArray online =
        Models_OnlineQuantizer.of(new Models.Online(norm, fc))
            .calibrate(batches, Models.Online::forward)
            .smoothQuant(half)
            .freeze()
            .model()
            .forward(probe);
    Quantized<Models.Folded> folded =
        Models_FoldedQuantizer.of(new Models.Folded(norm, fc))
            .calibrate(batches, Models.Folded::forward)
            .smoothQuant(half)
            .freeze();

    double difference = relative(online, folded.model().forward(probe));
    double quantization = relative(fc.forward(norm.forward(probe)), online);
    assertTrue(difference < 1e-5, "difference " + difference);
    assertTrue(quantization > 1e-3, "quantization " + quantization);
    assertEquals("alpha 0.50, folded into norm", smoothing(folded, "fc.x"));
  }

  private static String smoothing(Quantized<?> quantized, String input) {
    return quantized.summary().row(input).orElseThrow().smoothing().toString();
  }

  @Test
  void twoReadersShareTheScaleOfThePaper() {
    LayerNorm norm = Norms.withOutliers(5, C);
    Linear a = Linear.random(6, 8, C);
    Linear b = Linear.unbiased(Arrays.normal(7, 8, C));
    Pair pair = new Pair(norm, UnaryOperator.identity(), UnaryOperator.identity(), List.of(a, b));
    Pair quantized =
        PairQuantizer.of(pair)
            .calibrate(batches, Pair::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze()
            .model();

    double[] act = new double[C];
    for (INDArray x : batches) {
      double[][] h = naiveNorm(x, norm.weight(), norm.bias());
      for (double[] row : h) {
        for (int c = 0; c < C; c++) {
          act[c] = Math.max(act[c], Math.abs(row[c]));
        }
      }
    }
    for (int c = 0; c < C; c++) {
      double weight = 0;
      for (Linear reader : List.of(a, b)) {
        for (int o = 0; o < 8; o++) {
          weight = Math.max(weight, Math.abs(reader.weight().getDouble(o, c)));
        }
      }
      double s = Math.sqrt(act[c] / weight);
      assertEquals(norm.weight().getDouble(c) / s, quantized.norm().weight().getDouble(c), 1e-5);
      assertEquals(norm.bias().getDouble(c) / s, quantized.norm().bias().getDouble(c), 1e-5);
      for (int r = 0; r < 2; r++) {
        for (int o = 0; o < 8; o++) {
          INDArray original = pair.readers().get(r).weight();
          double step = largestOf(original, o, act, List.of(a, b)) / 127;
          double exact = original.getDouble(o, c) * s;
          double held = quantized.readers().get(r).weight().getDouble(o, c);
          assertEquals(
              Math.rint(exact / step) * step, held, step * 1e-3 + 1e-6, r + " " + o + " " + c);
        }
      }
    }
  }

  /** The largest smoothed weight of an output channel. */
  private static double largestOf(INDArray weight, int o, double[] act, List<Linear> readers) {
    double largest = 0;
    for (int c = 0; c < C; c++) {
      double w = 0;
      for (Linear reader : readers) {
        for (int i = 0; i < 8; i++) {
          w = Math.max(w, Math.abs(reader.weight().getDouble(i, c)));
        }
      }
      largest = Math.max(largest, Math.abs(weight.getDouble(o, c)) * Math.sqrt(act[c] / w));
    }
    return largest;
  }

  private static double[][] naiveNorm(INDArray x, INDArray gain, INDArray bias) {
    double[][] y = new double[(int) x.size(0)][C];
    for (int t = 0; t < y.length; t++) {
      double mean = 0;
      double square = 0;
      for (int c = 0; c < C; c++) {
        mean += x.getDouble(t, c) / C;
      }
      for (int c = 0; c < C; c++) {
        square += Math.pow(x.getDouble(t, c) - mean, 2) / C;
      }
      for (int c = 0; c < C; c++) {
        double normal = (x.getDouble(t, c) - mean) / Math.sqrt(square);
        y[t][c] = normal * gain.getDouble(c) + bias.getDouble(c);
      }
    }
    return y;
  }

  @Test
  void convolutionsAreFoldedThroughBatchNormAndRelu() {
    ConvNet net = ConvNet.random();
    List<INDArray> images =
        IntStream.range(0, 3).mapToObj(i -> Arrays.normal(i, 4, 3, 10, 10)).toList();
    INDArray image = images.get(0);
    INDArray expected = net.forward(image);

    Quantized<ConvNet> fine =
        ConvNetQuantizer.of(net)
            .using(FINE)
            .calibrate(images, ConvNet::forward)
            .smoothQuant()
            .freeze();
    double fineError = relative(expected, fine.model().forward(image));
    assertTrue(fineError < 3e-4, "relative error " + fineError);
    assertEquals("alpha 0.50, folded into norm", smoothing(fine, "second.x"));
    assertEquals("alpha 0.50, folded into second", smoothing(fine, "third.x"));
    assertSame(net.norm().mean(), fine.model().norm().mean());
    assertTrue(relative(net.norm().gain(), fine.model().norm().gain()) > 0.3);

    Calibration<ConvNet> calibration = ConvNetQuantizer.of(net).calibrate(images, ConvNet::forward);
    double plain = relative(expected, calibration.freeze().model().forward(image));
    double smooth = relative(expected, calibration.smoothQuant().freeze().model().forward(image));
    assertTrue(smooth < 0.8 * plain, smooth + " against " + plain);
  }

  @Test
  void aPostNormBlockIsRefusedForItsResidual() {
    PostNormBlock block = PostNormBlock.random(C);

    refused(
        CalibrationException.class,
        () ->
            PostNormBlockQuantizer.of(block)
                .calibrate(batches, PostNormBlock::forward)
                .smoothQuant(),
        "folding the scale of [fc1] into norm1 (LayerNorm) changes the float model",
        "The first to change is head: something that @SmoothInto does not list reads the output of"
            + " norm1, such as a residual branch");
  }

  @Test
  void reluMayStandBetweenAndGeluMayNot() {
    LayerNorm norm = Norms.withOutliers(5, C);
    List<Linear> readers = List.of(Linear.random(6, 8, C), Linear.random(8, 8, C));
    UnaryOperator<INDArray> relu = Transforms::relu;
    UnaryOperator<INDArray> gelu = x -> x.mul(Transforms.sigmoid(x.mul(1.702)));

    Quantized<Pair> folded =
        PairQuantizer.of(new Pair(norm, relu, UnaryOperator.identity(), readers))
            .calibrate(batches, Pair::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();
    assertEquals("alpha 0.50, folded into norm", smoothing(folded, "readers.1.x"));

    refused(
        CalibrationException.class,
        () ->
            PairQuantizer.of(new Pair(norm, gelu, UnaryOperator.identity(), readers))
                .calibrate(batches, Pair::forward)
                .smoothQuant(SmoothQuantOptions.alpha(0.5)),
        "into norm (LayerNorm)",
        "readers.0, which is listed",
        "positively homogeneous");
  }

  @Test
  void aReaderOfSomethingElseIsFound() {
    Pair pair =
        new Pair(
            Norms.withOutliers(5, C),
            UnaryOperator.identity(),
            h -> batches.get(0),
            List.of(Linear.random(6, 8, C), Linear.random(8, 8, C)));

    refused(
        CalibrationException.class,
        () -> PairQuantizer.of(pair).calibrate(batches, Pair::forward).smoothQuant(),
        "into norm (LayerNorm)",
        "The first to change is readers.1, which is listed: it reads something other than the output of norm");
  }

  @Test
  void aSourceThatIsMetTwiceHasOneScaleForAllItsReaders() {
    LayerNorm norm = Norms.withOutliers(5, C);
    Models.Twice twice =
        new Models.Twice(norm, Linear.random(6, C, C), norm, Linear.random(7, C, C));

    Calibration<Models.Twice> smoothed =
        Models_TwiceQuantizer.of(twice).calibrate(batches, Models.Twice::forward).smoothQuant();
    Quantized<Models.Twice> quantized = smoothed.freeze();

    assertEquals(smoothed.alphaCurves().get("fc1"), smoothed.alphaCurves().get("fc2"));
    assertSame(quantized.model().norm1(), quantized.model().norm2());
    assertTrue(smoothing(quantized, "fc2.x").endsWith("folded into norm1"));
    assertTrue(relative(twice.forward(probe), quantized.model().forward(probe)) < 0.03);
  }

  @Test
  void aTiedReaderOfTwoSourcesIsRefused() {
    Linear tied = Linear.random(6, C, C);

    refused(
        IllegalArgumentException.class,
        () ->
            Models_TwiceQuantizer.of(
                new Models.Twice(Norms.withOutliers(1, C), tied, Norms.withOutliers(2, C), tied)),
        "fc1 is listed as a consumer of norm1 and of norm2");
    refused(
        IllegalArgumentException.class,
        () ->
            Models_TwoListsQuantizer.of(
                new Models.TwoLists(
                    Norms.withOutliers(1, C),
                    Norms.withOutliers(2, C),
                    List.of(tied),
                    List.of(tied))),
        "a.0 is listed as a consumer of norm1 and of norm2");
  }

  @Test
  void anElementThatTheListDoesNotHaveIsRefusedBeforeAnyData() {
    refused(
        IllegalArgumentException.class,
        () ->
            Models_ThirdQuantizer.of(
                new Models.Third(
                    Norms.withOutliers(1, C),
                    List.of(Linear.random(1, 4, C), Linear.random(2, 4, C)))),
        "norm: @SmoothInto lists fcs.2",
        "did you mean 'fcs.0' or 'fcs.1'?");
  }

  @Test
  void numbersOfChannelsThatDifferAreRefusedBeforeAnyData() {
    refused(
        IllegalArgumentException.class,
        () ->
            Models_FoldedQuantizer.of(
                new Models.Folded(Norms.withOutliers(1, C), Linear.random(1, 4, C + 1))),
        "nothing can be folded into norm (LayerNorm): it has 16 output channels, and fc.weight",
        "has 17 input channels");
  }

  @Test
  void withoutTheSourceTheReaderIsSmoothedOnline() {
    Models.Folded model = new Models.Folded(null, Linear.random(1, 4, C));
    Quantized<Models.Folded> quantized =
        Models_FoldedQuantizer.of(model)
            .calibrate(batches, Models.Folded::forward)
            .smoothQuant(SmoothQuantOptions.alpha(0.5))
            .freeze();

    assertEquals("alpha 0.50", smoothing(quantized, "fc.x"));
  }

  @Test
  void aFloatReaderTakesTheScaleOverAndQuantizersBetweenAreCalibratedAgain() {
    INDArray gain = Arrays.normal(3, C).muli(0.1).addi(1);
    gain.putScalar(2, 30);
    Models.Mixed model =
        new Models.Mixed(
            new Models.ScaledNorm(gain),
            Linear.random(4, 8, C),
            new Models.Gate(Arrays.normal(5, C, 8)));
    Plan<Models.Mixed> plan =
        Models_MixedQuantizer.of(model)
            .describe(
                "fc.x", QuantDescriptor.builder().calib(Calib.PERCENTILE).percentile(100).build());
    Calibration<Models.Mixed> calibration = plan.calibrate(batches, Models.Mixed::forward);
    Quantized<Models.Mixed> quantized =
        calibration.smoothQuant(SmoothQuantOptions.alpha(0.5)).freeze();

    INDArray scaled = quantized.model().norm().gain();
    float largest = 0;
    for (INDArray x : batches) {
      largest = Math.max(largest, Transforms.abs(x.mulRowVector(scaled)).maxNumber().floatValue());
    }
    var output = quantized.summary().row("norm.output").orElseThrow();
    assertEquals(largest, output.amax().orElseThrow().max(), 1e-5);
    var input = quantized.summary().row("fc.x").orElseThrow();
    assertEquals(largest, input.amax().orElseThrow().max(), 0.01 * largest);
    assertTrue(input.decibels().orElseThrow() > 30, "" + input.decibels());
    assertEquals(
        model.gate().weight().getDouble(2, 3) * gain.getDouble(2) / scaled.getDouble(2),
        quantized.model().gate().weight().getDouble(2, 3),
        1e-4);
    INDArray expected = model.forward(probe);
    double plain = relative(expected, calibration.freeze().model().forward(probe));
    double folded = relative(expected, quantized.model().forward(probe));
    assertTrue(folded < 0.5 * plain, folded + " against " + plain);
  }

  @Test
  void aFixedAmaxOfWhatIsFoldedIntoIsRefused() {
    Models.Mixed model =
        new Models.Mixed(
            new Models.ScaledNorm(Arrays.normal(3, C)),
            Linear.random(4, 8, C),
            new Models.Gate(Arrays.normal(5, C, 8)));

    refused(
        IllegalArgumentException.class,
        () ->
            Models_MixedQuantizer.of(model)
                .describe("norm.output", QuantDescriptor.builder().amax(3).build())
                .calibrate(batches, Models.Mixed::forward)
                .smoothQuant(),
        "norm.output",
        "its amax is fixed");
  }

  @Test
  void aFoldedModelIsSavedAndLoadedWithItsFoldsCompressedOrNot(@TempDir Path folder)
      throws IOException {
    DecoderBlock block = DecoderBlock.random(C);
    Quantized<DecoderBlock> quantized =
        DecoderBlockQuantizer.of(block)
            .calibrate(batches, DecoderBlock::forward)
            .smoothQuant()
            .freeze();
    INDArray expected = quantized.model().forward(probe);

    for (Quantized<DecoderBlock> saved : List.of(quantized, quantized.compress())) {
      Path file = folder.resolve("block.safetensors");
      saved.save(file);
      Quantized<DecoderBlock> loaded = DecoderBlockQuantizer.load(block, file);

      assertEquals(0, relative(expected, loaded.model().forward(probe)));
      assertEquals(saved.summary().toString(), loaded.summary().toString());
      assertEquals(quantized.model().norm1().weight(), loaded.model().norm1().weight());
    }
  }

  @Test
  void foldingIsTheSameWhateverTheNumberOfThreads() {
    DecoderBlock block = DecoderBlock.random(C);
    // The outputs differ, as one forward gives that of the first batch for all: they choose
    // nothing.
    SmoothQuantOptions options = SmoothQuantOptions.annotated().withoutCap();
    Calibration<DecoderBlock> serial =
        DecoderBlockQuantizer.of(block)
            .calibrate(batches, DecoderBlock::forward)
            .smoothQuant(options);
    Calibration<DecoderBlock> parallel =
        DecoderBlockQuantizer.of(block)
            .calibrate(
                List.of(batches),
                (model, all) -> all.parallelStream().map(model::forward).toList().get(0))
            .smoothQuant(options);

    serial
        .alphaCurves()
        .forEach(
            (layer, curve) ->
                assertEquals(curve.best(), parallel.alphaCurves().get(layer).best(), layer));
    assertEquals(
        serial.freeze().summary().withModelError(Optional.empty()).toString(),
        parallel.freeze().summary().withModelError(Optional.empty()).toString());
  }

  private static double relative(INDArray expected, INDArray actual) {
    double noise = Math.pow(expected.sub(actual).norm2Number().doubleValue(), 2);
    return Math.sqrt(noise) / expected.norm2Number().doubleValue();
  }
}
