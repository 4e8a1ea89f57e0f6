package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Every number format, granularity and calibrator through the whole lifecycle. */
@Tag("slow")
@Tag("any-jdk")
class FormatsTest {
  private static final int C = 64;

  /**
   * The error of one network is partly luck: roundings of one layer can cancel those of another. In
   * float formats, where smoothing gains little, a single network can be 8 % worse, while the mean
   * of 16 is 8 to 14 % better (E4M3 per tensor, MXFP8, MXFP4).
   */
  private static final int NETWORKS = 4;

  private static final QuantDescriptor WEIGHT = QuantDescriptor.builder().per("O").build();

  private final Mlp mlp = network(0);
  private final INDArray probe = Arrays.normal(1000, 256, C);
  private final List<INDArray> batches =
      IntStream.range(0, 4).mapToObj(i -> Arrays.normal(i, 256, C)).toList();
  private final INDArray expected = mlp.forward(probe);

  private static Mlp network(int seed) {
    return new Mlp(
        Linear.random(seed + 1, C, C),
        List.of(Linear.random(seed + 2, C, C)),
        Linear.random(seed + 4, 8, C));
  }

  private static Recipe inputs(String name, QuantDescriptor.Builder input) {
    return Recipe.of(name).with(Role.WEIGHT, WEIGHT).with(Role.INPUT, input.build());
  }

  private static Recipe weights(String name, QuantDescriptor.Builder weight) {
    return Recipe.of(name).with(Role.WEIGHT, weight.build());
  }

  /** Recipes with the relative error of the output that they stay below. */
  static Stream<Arguments> recipes() {

    return Stream.of(
        arguments(Recipe.INT8, 0.03),
        arguments(Recipe.INT8_DYNAMIC, 0.03),
        arguments(Recipe.INT4_BLOCK32, 0.2),
        arguments(Recipe.FP8, 0.08),
        arguments(Recipe.MX_FP8, 0.08),
        arguments(Recipe.MX_FP4, 0.4),
        arguments(Recipe.NV_FP4, 0.3),
        arguments(
            weights("NF4", builder().format(Format.NF4).blockSizes(BlockSize.along("I", 16))), 0.2),
        arguments(weights("W4, MSE", builder().bits(4).per("O").calib(Calib.MSE)), 0.2),
        arguments(inputs("percentile", builder().calib(Calib.PERCENTILE).percentile(99.9)), 0.06),
        arguments(inputs("mse", builder().calib(Calib.MSE)), 0.03),
        arguments(inputs("entropy", builder().calib(Calib.ENTROPY)), 0.2),
        arguments(inputs("moving average", builder().calib(Calib.MOVING_AVERAGE)), 0.03),
        arguments(inputs("affine", builder().affine(true)), 0.03),
        arguments(inputs("affine codes from 0", builder().affine(true).unsigned(true)), 0.03),
        arguments(inputs("affine per token", builder().affine(true).per("NT").dynamic(true)), 0.03),
        arguments(inputs("per channel", builder().per("C")), 0.03),
        arguments(inputs("fixed", builder().amax(6)), 0.06));
  }

  private static QuantDescriptor.Builder builder() {
    return QuantDescriptor.builder();
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyRecipeIsCalibratedAndFrozen(Recipe recipe, double bound) {
    Quantized<Mlp> quantized =
        MlpQuantizer.of(mlp).using(recipe).calibrate(batches, Mlp::forward).freeze();

    double error = Errors.relative(expected, quantized.model().forward(probe));

    assertTrue(error > 1e-4 && error < bound, recipe.name() + ": relative error " + error);
    quantized
        .summary()
        .rows()
        .forEach(row -> assertTrue(row.decibels().orElseThrow() > 8, row.path() + row.decibels()));
  }

  @ParameterizedTest
  @MethodSource("recipes")
  void everyRecipeWithQuantizedInputsCanBeSmoothed(Recipe recipe, double bound) {
    if (!recipe.descriptors().containsKey(Role.INPUT)) {
      return;
    }
    List<INDArray> outliers = IntStream.range(0, 4).mapToObj(i -> outliers(i)).toList();
    double ratio = 0;
    for (int network = 0; network < NETWORKS; network++) {
      Mlp model = network(1000 * network);
      Calibration<Mlp> calibration =
          MlpQuantizer.of(model).using(recipe.withSmoothQuant()).calibrate(outliers, Mlp::forward);
      Calibration<Mlp> smoothed = calibration.smoothQuant();
      smoothed
          .alphaCurves()
          .forEach(
              (layer, curve) -> {
                double chosen = curve.errors().get(curve.alphas().indexOf(curve.chosen()));
                assertTrue(chosen <= curve.errors().get(0), layer + ": worse than off " + curve);
              });
      double plain = unseenError(model, calibration.freeze().model());
      ratio += unseenError(model, smoothed.freeze().model()) / plain / NETWORKS;
    }

    assertTrue(ratio <= 1, recipe.name() + ": smoothed to plain " + ratio);
  }

  private static double unseenError(Mlp model, Mlp quantized) {
    double error = 0;
    for (int seed = 77; seed < 80; seed++) {
      INDArray x = outliers(seed);
      error += Errors.relative(model.forward(x), quantized.forward(x)) / 3;
    }
    return error;
  }

  private static INDArray outliers(int seed) {
    INDArray x = Arrays.normal(seed, 256, C);
    x.getColumn(3).muli(40);
    return x;
  }

  @Test
  void aPercentileIsBelowTheMaximumAndIsTakenAgainAfterSmoothing() {
    Calibration<Mlp> calibration =
        MlpQuantizer.of(mlp)
            .describe("fc1.x", builder().calib(Calib.PERCENTILE).percentile(99).build())
            .calibrate(batches, Mlp::forward);
    float percentile = amax(calibration.freeze());
    float max = amax(MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze());
    assertTrue(percentile < 0.8 * max && percentile > 2, percentile + " of " + max);

    java.util.List<String> stages = new java.util.ArrayList<>();
    MlpQuantizer.of(mlp)
        .withProgress(p -> stages.add(p.stage()))
        .describe("fc1.x", builder().calib(Calib.PERCENTILE).percentile(99).build())
        .calibrate(batches, Mlp::forward)
        .smoothQuant(dev.bitfold.smoothquant.SmoothQuantOptions.alpha(0.5));
    assertTrue(stages.contains("calibrating smoothed inputs"), stages.toString());
  }

  private static float amax(Quantized<Mlp> quantized) {
    return quantized.summary().row("fc1.x").orElseThrow().amax().orElseThrow().max();
  }

  @Test
  void theBytesOfAWeightAreThoseOfItsCodesAndScales() {
    long int8 = bytes(Recipe.INT8);
    long int4 = bytes(Recipe.INT4_BLOCK32);
    long biases = (64 + 64 + 8) * 4;

    assertEquals(136 * 64 + 136 * 4 + biases, int8);
    assertEquals(136 * 64 / 2 + 136 * 64 / 32 * 4 + biases, int4);
    assertEquals(136 * 64 / 2 + 136 * 64 / 32 + biases, bytes(Recipe.MX_FP4), "one byte a block");
    assertEquals(136 * 64 / 2 + 136 * 64 / 16 + 3 * 4 + biases, bytes(Recipe.NV_FP4));
  }

  private long bytes(Recipe recipe) {
    return MlpQuantizer.of(mlp)
        .using(recipe)
        .calibrate(batches, Mlp::forward)
        .freeze()
        .summary()
        .weightBytes();
  }
}
