package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.Passes;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.LayerType;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.smoothquant.ChannelAmax;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import dev.bitfold.smoothquant.SmoothScales;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks that mistakes of callers and their models are reported by name. */
class CallerMistakesTest {
  private final ToyNet net =
      new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  private final List<INDArray> batches =
      IntStream.range(0, 5).mapToObj(i -> normal(10 + i, 3, 8)).toList();

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  private static void fails(String message, Executable action) {
    CalibrationException e = assertThrows(CalibrationException.class, action);
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }

  @Test
  void fewerOrMoreBatchesInALaterPassAreToldWithBothCounts() {
    for (int later : new int[] {0, 3, 4}) {
      int[] passes = {0};
      // Two iterators are asked for by calibrate: its pass, and whether there is another one.
      Iterable<INDArray> shrinking =
          () -> batches.subList(0, passes[0]++ < 2 ? 5 : later).iterator();
      Calibration<ToyNet> calibration = ToyNet.plan(net).calibrate(shrinking, ToyNet::forward);
      fails(
          "the first pass found 5 calibration batches, a later one " + later,
          () -> calibration.smoothQuant(SmoothQuantOptions.alpha(0.5)));
    }
    int[] passes = {0};
    Iterable<INDArray> growing = () -> batches.subList(0, passes[0]++ < 2 ? 2 : 5).iterator();
    Calibration<ToyNet> calibration = ToyNet.plan(net).calibrate(growing, ToyNet::forward);
    fails(
        "the first pass found 2 calibration batches, a later one 5",
        () -> calibration.smoothQuant(SmoothQuantOptions.sweepAlpha()));
  }

  @Test
  void noAlphasOrOnesOutOfRangeAreRefused() {
    assertEquals(
        "no alphas to try: name some, or leave them out to try 0 to 1",
        assertThrows(
                IllegalArgumentException.class, () -> SmoothQuantOptions.sweepAlpha(new double[0]))
            .getMessage());
    for (double alpha : new double[] {-0.1, 1.01, Double.NaN}) {
      assertThrows(IllegalArgumentException.class, () -> SmoothQuantOptions.sweepAlpha(0.5, alpha));
    }
  }

  /** A layer that halves its input where it lies. */
  public static class Halving {
    private final INDArray weight;

    public Halving(INDArray weight) {
      this.weight = weight;
    }

    public INDArray weight() {
      return weight;
    }

    public INDArray forward(INDArray x) {
      return x.divi(2).mmul(weight);
    }
  }

  /** Its wrapper. */
  public static final class QuantizedHalving extends Halving {
    private final ArrayHooks hooks;

    private QuantizedHalving(Halving layer, ArrayHooks hooks) {
      super(Objects.requireNonNull(hooks.tensor("weight", layer.weight())));
      hooks.check("weight", weight());
      this.hooks = hooks;
    }

    static LayerType<Halving, QuantizedHalving> type() {
      return LayerType.builder(Halving.class, QuantizedHalving::new)
          .weight("weight", "IO", QuantDescriptor.builder().per("O").build())
          .input("x", "…C", QuantDescriptor.bits(8))
          .build();
    }

    @Override
    public INDArray forward(INDArray x) {
      return hooks.output(super.forward(hooks.input("x", x)));
    }
  }

  record HalvingNet(Halving layer) {
    static Plan<HalvingNet> plan() {
      HalvingNet net = new HalvingNet(new Halving(normal(1, 8, 8)));
      Component<Halving> layer = Component.layer(QuantizedHalving.type());
      return Plan.of(
          net,
          Component.model(
              HalvingNet.class,
              (model, walk) -> new HalvingNet(walk.visit("layer", model.layer(), layer))));
    }
  }

  @Test
  void aLayerThatWritesToAnInputWhichIsReadAgainIsNamed() {
    fails(
        "layer (" + Halving.class.getName() + ") writes to its input",
        () ->
            HalvingNet.plan()
                .calibrate(
                    batches,
                    (model, x) -> {
                      INDArray inner = x.mul(3);
                      return model.layer().forward(inner).add(inner);
                    }));
  }

  @Test
  void aLayerThatWritesToTheBatchIsRefused() {
    List<INDArray> own = batches.stream().map(INDArray::dup).toList();
    fails(
        "must not change the batch",
        () -> HalvingNet.plan().calibrate(own, (model, x) -> model.layer().forward(x)));
  }

  @Test
  void aLayerThatWritesToAnInputWhichNobodyReadsAgainIsQuantizedLikeAnyOther() {
    var quantized =
        HalvingNet.plan()
            .calibrate(batches, (model, x) -> model.layer().forward(x.mul(3)))
            .freeze()
            .model();
    INDArray x = batches.get(0);
    INDArray expected = x.mul(1.5).mmul(normal(1, 8, 8));
    INDArray actual = quantized.layer().forward(x.mul(3));

    double error = expected.distance2(actual) / expected.norm2Number().doubleValue();
    assertTrue(error < 0.03 && error > 0, "error " + error);
  }

  @Test
  void theSummaryCountsInSingularAndPlural() {
    String both = ToyNet.plan(net).summary().toString();
    assertTrue(both.contains("4 quantizers in 2 layers;"), both);
    String one = HalvingNet.plan().skip("layer.x").summary().toString();
    assertTrue(one.contains("1 quantizer in 1 layer;"), one);

    String two = ToyNet.plan(net).calibrate(batches, ToyNet::forward).freeze().summary() + "";
    assertTrue(two.contains("2 inputs are marked @SmoothQuant and were not smoothed"), two);
    String input =
        ToyNet.plan(net).skip("second").calibrate(batches, ToyNet::forward).freeze().summary() + "";
    assertTrue(input.contains("1 input is marked @SmoothQuant and was not smoothed"), input);
  }

  @Test
  void numbersInTextsDoNotDependOnTheLocale() {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.ROOT);
      String expected = texts();
      for (String tag : new String[] {"de-DE", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva"}) {
        Locale.setDefault(Locale.forLanguageTag(tag));
        assertEquals(expected, texts(), tag);
      }
      assertTrue(expected.contains("0."), expected);
    } finally {
      Locale.setDefault(before);
    }
  }

  private String texts() {
    Calibration<ToyNet> smooth = ToyNet.plan(net).calibrate(batches, ToyNet::forward).smoothQuant();
    CalibrationException sneaky =
        assertThrows(
            CalibrationException.class,
            () ->
                ToyNet.plan(net)
                    .calibrate(batches, (m, x) -> m.forward(x).add(m.first().weight().sumNumber()))
                    .smoothQuant(SmoothQuantOptions.alpha(0.9)));
    return smooth.freeze().summary()
        + "\n"
        + smooth.diagnose()
        + "\n"
        + smooth.sensitivity()
        + "\n"
        + smooth.advise(2)
        + "\n"
        + sneaky.getMessage();
  }

  @Test
  @NullUnmarked
  void nullArgumentsAreNamed() {
    Plan<ToyNet> plan = ToyNet.plan(net);
    Calibration<ToyNet> calibration = plan.calibrate(batches, ToyNet::forward);
    INDArray x = batches.get(0);
    isNamed("batches", () -> plan.calibrate((List<INDArray>) null, ToyNet::forward));
    isNamed("forward", () -> plan.calibrate(batches, null));
    isNamed("passes", () -> plan.calibrate((Passes<INDArray>) null, ToyNet::forward));
    isNamed("forward", () -> plan.calibrate(Passes.of(batches), null));
    isNamed("nonFinite", () -> plan.calibrate(batches, ToyNet::forward, null));
    isNamed("recipe", () -> plan.using(null));
    isNamed("tensors", () -> plan.describe(null, QuantDescriptor.bits(8)));
    isNamed("descriptor", () -> plan.describe("first.x", (QuantDescriptor) null));
    isNamed("path", () -> plan.skip((String) null));
    isNamed("progress", () -> plan.withProgress(null));
    isNamed("options", () -> calibration.smoothQuant(null));
    isNamed("path", () -> calibration.skip((String) null));
    isNamed("curves", () -> calibration.diagnose(null));
    isNamed("updater", () -> calibration.train(null));
    isNamed("alphas", () -> SmoothQuantOptions.sweepAlpha((double[]) null));
    isNamed("descriptor", () -> Quantizer.of(null));
    isNamed("x", () -> Quantizer.of(QuantDescriptor.bits(8)).quantize(null));
    isNamed("amax", () -> Quantizer.of(QuantDescriptor.bits(8)).withAmax(null));
    isNamed("x", () -> Calibrators.of(QuantDescriptor.bits(8), Layout.UNKNOWN).observe(null));
    isNamed("layout", () -> ChannelAmax.ofInput(x, null));
    isNamed("weightAmax", () -> SmoothScales.of(x, null, 0.5));
  }

  private static void isNamed(String parameter, Executable action) {
    assertEquals(parameter, assertThrows(NullPointerException.class, action).getMessage());
  }
}
