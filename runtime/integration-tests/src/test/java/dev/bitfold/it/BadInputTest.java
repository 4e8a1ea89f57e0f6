package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.layers.LinearSubclass;
import dev.bitfold.it.layers.Optionally;
import dev.bitfold.it.layers.Scale;
import dev.bitfold.it.model.Keyed;
import dev.bitfold.it.model.KeyedQuantizer;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import dev.bitfold.it.model.OptionalModel;
import dev.bitfold.it.model.OptionalModelQuantizer;
import dev.bitfold.it.model.Scales;
import dev.bitfold.it.model.ScalesQuantizer;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks that errors say where they occurred, in which tensor, and what to do. */
class BadInputTest {
  private static final int C = 16;

  private final Mlp mlp =
      new Mlp(
          Linear.random(1, C, C),
          List.of(Linear.random(2, C, C), Linear.random(3, C, C)),
          Linear.random(4, 4, C));
  private final List<INDArray> batches =
      IntStream.range(0, 3).mapToObj(i -> Arrays.outliers(i, 32, C)).toList();

  private static void fails(
      Class<? extends RuntimeException> type, Runnable action, String... parts) {
    RuntimeException e = assertThrows(type, action::run);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "no \"" + part + "\" in: " + e.getMessage());
    }
  }

  @Test
  void anUnknownTensorNamesTheNearOnes() {
    fails(
        IllegalArgumentException.class,
        () -> MlpQuantizer.of(mlp).describe("hidden.7.weight", QuantDescriptor.bits(2)),
        "hidden.7.weight",
        "hidden.1.weight");
  }

  @Test
  void aLetterThatTheLayoutLacksNamesTensorAndLayout() {
    fails(
        InvalidDescriptorException.class,
        () ->
            MlpQuantizer.of(mlp).describe("fc1.weight", QuantDescriptor.builder().per("T").build()),
        "fc1.weight",
        "Linear",
        "OI",
        "T");
  }

  @Test
  void aStaticScalePerTokenIsRefused() {
    fails(
        InvalidDescriptorException.class,
        () -> MlpQuantizer.of(mlp).describe("fc1.x", QuantDescriptor.builder().per("N").build()),
        "fc1.x",
        "dynamic = true");
  }

  @Test
  void aRecipeForARoleThatNoLayerHasIsRefused() {
    Scales scales = new Scales(List.of(new Scale(Arrays.normal(1, 4))));

    fails(
        IllegalArgumentException.class,
        () -> ScalesQuantizer.of(scales).using(Recipe.INT8),
        "Int8",
        "INPUT");
  }

  @Test
  void whatAPlanCannotDoYetIsRefused() {
    fails(
        IllegalArgumentException.class,
        () ->
            MlpQuantizer.of(mlp)
                .describe("fc1.weight", QuantDescriptor.builder().fakeQuant(false).build()),
        "fc1.weight",
        "fakeQuant");
  }

  @Test
  void aBiasIsNotQuantized() {
    fails(
        IllegalArgumentException.class,
        () -> MlpQuantizer.of(mlp).describe("fc1.bias", QuantDescriptor.bits(8)),
        "fc1.bias",
        "bias");
  }

  @Test
  void freezingWithoutDataNamesEveryInputThatNeedsIt() {
    fails(
        IllegalStateException.class,
        () -> MlpQuantizer.of(mlp).freeze(),
        "fc1.x",
        "hidden.0.x",
        "head.x",
        "int8");
  }

  @Test
  void aLayerThatNoBatchReachesIsNamed() {
    fails(
        IllegalStateException.class,
        () ->
            MlpQuantizer.of(mlp)
                .calibrate(
                    batches,
                    (m, x) -> m.head().forward(m.hidden().get(0).forward(m.fc1().forward(x))))
                .freeze(),
        "hidden.1.x",
        "Linear");
  }

  @Test
  void aQuantizedModelIsNotQuantizedAgain() {
    Mlp quantized = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze().model();

    fails(
        IllegalArgumentException.class,
        () -> MlpQuantizer.of(quantized),
        "fc1",
        "QuantizedLinear",
        "quantized already");
  }

  @Test
  void aSubclassWithOtherBehaviourIsRefused() {
    Mlp special = new Mlp(LinearSubclass.random(), List.of(), Linear.random(4, 4, C));

    fails(
        IllegalArgumentException.class,
        () -> MlpQuantizer.of(special),
        "fc1",
        "LinearSubclass",
        "drop");
  }

  @Test
  void noBatchesAreAnError() {
    fails(
        CalibrationException.class,
        () -> MlpQuantizer.of(mlp).calibrate(List.<INDArray>of(), Mlp::forward),
        "no calibration batches");
  }

  @Test
  void batchesThatCanBeIteratedOnlyOnceAreAnErrorAtOnce() {
    Iterator<INDArray> iterator = batches.iterator();
    fails(
        CalibrationException.class,
        () -> MlpQuantizer.of(mlp).calibrate(() -> iterator, Mlp::forward),
        "only once",
        "List");
    Stream<INDArray> stream = batches.stream();
    fails(
        CalibrationException.class,
        () -> MlpQuantizer.of(mlp).calibrate(stream::iterator, Mlp::forward),
        "only once");
  }

  @Test
  void notANumberNamesBatchTensorShapeAndPlace() {
    INDArray bad = batches.get(0).dup();
    bad.putScalar(3, 7, Float.NaN);
    fails(
        CalibrationException.class,
        () -> MlpQuantizer.of(mlp).calibrate(List.of(batches.get(0), bad), Mlp::forward),
        "batch 1",
        "fc1.x",
        "[32, 16]",
        "int8",
        "[3, 7]");
    bad.putScalar(3, 7, Float.NEGATIVE_INFINITY);
    fails(
        CalibrationException.class,
        () -> MlpQuantizer.of(mlp).calibrate(List.of(bad), Mlp::forward),
        "batch 0",
        "infinite");
  }

  @Test
  void anExceptionOfTheModelNamesTheBatch() {
    fails(
        CalibrationException.class,
        () ->
            MlpQuantizer.of(mlp)
                .calibrate(
                    batches,
                    (m, x) -> {
                      throw new java.io.IOException("disk");
                    }),
        "batch 0",
        "disk");
  }

  @Test
  void aWeightOfAnotherRankThanItsLayoutNamesBoth() {
    Mlp odd =
        new Mlp(Linear.unbiased(Arrays.normal(1, C, C, 1)), List.of(), Linear.random(4, 4, C));
    fails(
        IllegalArgumentException.class,
        () -> MlpQuantizer.of(odd),
        "fc1.weight",
        "[16, 16, 1]",
        "OI",
        "int8 per O");
  }

  @Test
  void aWeightOfIntegersIsRefused() {
    Mlp odd =
        new Mlp(
            Linear.unbiased(Arrays.normal(1, C, C).castTo(DataType.INT32)),
            List.of(),
            Linear.random(4, 4, C));
    fails(IllegalArgumentException.class, () -> MlpQuantizer.of(odd), "fc1.weight", "INT");
  }

  @Test
  void aNotANumberInAWeightIsRefused() {
    INDArray weight = Arrays.normal(1, C, C);
    weight.putScalar(2, 2, Float.NaN);
    Mlp odd = new Mlp(Linear.unbiased(weight), List.of(), Linear.random(4, 4, C));
    fails(
        IllegalArgumentException.class,
        () -> MlpQuantizer.of(odd),
        "fc1.weight",
        "[16, 16]",
        "int8 per O",
        "NaN");
  }

  @Test
  void anAlphaOutsideItsRangeIsRefused() {
    fails(IllegalArgumentException.class, () -> SmoothQuantOptions.alpha(1.5), "1.5");
    fails(IllegalArgumentException.class, () -> SmoothQuantOptions.alpha(Double.NaN), "NaN");
  }

  @Test
  void smoothingTwiceIsRefused() {
    var smoothed = MlpQuantizer.of(mlp).calibrate(batches, Mlp::forward).smoothQuant();

    fails(IllegalStateException.class, smoothed::smoothQuant, "already");
  }

  @Test
  void aForwardThatIsNotDeterministicIsFoundOut() {
    int[] calls = {0};
    fails(
        CalibrationException.class,
        () -> MlpQuantizer.of(mlp).calibrate(batches, (m, x) -> m.forward(x).addi(calls[0]++)),
        "deterministic");
  }

  @Test
  void keysThatAreNoNamesOrTheSameNameAreRefused() {
    Map<Object, Linear> keyed = new LinkedHashMap<>();
    keyed.put(1, mlp.fc1());
    keyed.put("1", Linear.random(9, C, C));
    fails(
        IllegalArgumentException.class,
        () -> KeyedQuantizer.of(new Keyed(keyed)),
        "two layers named layers.1");
    for (Object key : java.util.Arrays.asList(null, "", "a.b", "a\nb", new Object())) {
      Map<Object, Linear> odd = new LinkedHashMap<>();
      odd.put(key, mlp.fc1());
      fails(
          IllegalArgumentException.class,
          () -> KeyedQuantizer.of(new Keyed(odd)),
          "layers is a map with the key",
          "names a component");
    }
  }

  @Test
  void aRecordThatWasRebuiltAsItselfIsNotQuantizedAgain() {
    Scales quantized =
        ScalesQuantizer.of(new Scales(List.of(new Scale(Arrays.normal(1, C))))).freeze().model();

    fails(
        IllegalArgumentException.class,
        () -> ScalesQuantizer.of(quantized),
        "layers.0",
        "Scale",
        "quantized already");
  }

  @Test
  void anInputThatIsLeftOutStaysOut() {
    OptionalModel model = new OptionalModel(new Optionally(Arrays.normal(1, C)));
    INDArray x = Arrays.normal(2, 4, C);
    INDArray without = x.sub(x.meanNumber().doubleValue() + 1);
    OptionalModel quantized =
        OptionalModelQuantizer.of(model)
            .calibrate(List.of(without, x.add(5)), OptionalModel::forward)
            .freeze()
            .model();

    assertTrue(
        Errors.relative(model.forward(without), quantized.forward(without)) < 0.02,
        "the memory is null here");
  }

  @Test
  void notANumberIsFoundAlsoWithoutALayout() {
    INDArray bad = Arrays.normal(2, 4, C).addi(5);
    bad.putScalar(1, 2, Float.NaN);
    OptionalModel model = new OptionalModel(new Optionally(Arrays.normal(1, C)));
    fails(
        CalibrationException.class,
        () -> OptionalModelQuantizer.of(model).calibrate(List.of(bad), OptionalModel::forward),
        "batch 0",
        "layer.x",
        "[1, 2]");
  }

  @Test
  void aBatchOfIntegersOrOfNothingNamesTheInput() {
    fails(
        CalibrationException.class,
        () ->
            MlpQuantizer.of(mlp)
                .calibrate(List.of(batches.get(0).castTo(DataType.INT32)), Mlp::forward),
        "batch 0",
        "fc1.x",
        "INT [32, 16]",
        "no floats");
    fails(
        CalibrationException.class,
        () ->
            MlpQuantizer.of(mlp)
                .calibrate(List.of(Nd4j.create(DataType.FLOAT, 0, C)), Mlp::forward),
        "batch 0",
        "fc1.x",
        "[0, 16]");
  }

  @Test
  void anEmptyWeightIsNamedAtOnce() {
    fails(
        IllegalArgumentException.class,
        () ->
            MlpQuantizer.of(
                new Mlp(Linear.unbiased(Nd4j.create(DataType.FLOAT, 0, C)), List.of(), mlp.head())),
        "fc1.weight",
        "[0, 16]",
        "empty");
  }
}
