package dev.bitfold.it.several;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.layer.LayerType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** Checks weights in lists and arrays: each is a separate tensor, in names, files and training. */
class SeveralWeightsTest {
  private static final int IN = 12;
  private static final int OUT = 6;

  private final Mixture model = mixture(3, List.of(Arrays.normal(9, 4, 4)));
  private final List<INDArray> batches =
      IntStream.range(0, 3).mapToObj(i -> Arrays.normal(100 + i, 16, IN)).toList();
  private final INDArray probe = Arrays.normal(500, 16, IN);

  @TempDir Path folder;

  private static Mixture mixture(int experts, List<INDArray> tables) {
    List<INDArray> weights =
        IntStream.range(0, experts).mapToObj(i -> Arrays.normal(i, OUT, IN)).toList();
    return new Mixture(
        new Experts(weights, Arrays.normal(50, OUT), Arrays.normal(51, OUT)), new Tables(tables));
  }

  private Calibration<Mixture> calibration() {
    return MixtureQuantizer.of(model).calibrate(batches, Mixture::forward);
  }

  @Test
  void eachElementIsATensorOfItsOwn() {
    List<String> names =
        List.of(
            "experts.weights[0]",
            "experts.weights[1]",
            "experts.weights[2]",
            "experts.x",
            "tables.tables[0]");
    assertEquals(names, paths(MixtureQuantizer.of(model).summary()));
    assertEquals(names, paths(calibration().freeze().summary()));
  }

  private static List<String> paths(Summary summary) {
    return summary.rows().stream().map(row -> row.path()).toList();
  }

  @Test
  void eachIsRoundedOnItsOwnScalesAndTheConstructorGetsThem() {
    Mixture quantized =
        MixtureQuantizer.of(model)
            .describe("experts.weights[1]", QuantDescriptor.builder().bits(3).per("O").build())
            .calibrate(batches, Mixture::forward)
            .freeze()
            .model();
    int[] most = {127, 3, 127};
    for (int i = 0; i < 3; i++) {
      assertRounded(
          model.experts().weights().get(i), quantized.experts().weights().get(i), OUT, most[i]);
      assertNotEquals(model.experts().weights().get(i), quantized.experts().weights().get(i));
    }
    assertRounded(list(model).get(0), list(quantized).get(0), 1, 7);
    assertEquals(model.experts().biases()[1], quantized.experts().biases()[1]);
  }

  private static List<INDArray> list(Mixture mixture) {
    return Objects.requireNonNull(mixture.tables().tables());
  }

  /** Row by row, with loops that share nothing with the library. */
  private static void assertRounded(INDArray from, INDArray to, int groups, int most) {
    float[] x = from.dup('c').data().asFloat();
    float[] y = to.dup('c').data().asFloat();
    int size = x.length / groups;
    for (int g = 0; g < groups; g++) {
      double amax = 0;
      for (int i = 0; i < size; i++) {
        amax = Math.max(amax, Math.abs(x[g * size + i]));
      }
      for (int i = 0; i < size; i++) {
        double step = amax / most;
        double expected = Math.rint(x[g * size + i] / step) * step;
        assertEquals(expected, y[g * size + i], 1e-5 * amax, g + ", " + i);
      }
    }
  }

  @Test
  void filesHoldThemByNameAndRefuseAnotherNumber() throws Exception {
    Quantized<Mixture> quantized = calibration().freeze();
    INDArray expected = quantized.model().forward(probe);
    Path file = folder.resolve("mixture.safetensors");
    quantized.save(file);
    assertSameBits(expected, MixtureQuantizer.load(model, file).model().forward(probe));

    Path packed = folder.resolve("packed.safetensors");
    quantized.compress().save(packed);
    assertSameBits(expected, quantized.compress().model().forward(probe));
    assertSameBits(expected, MixtureQuantizer.load(model, packed).model().forward(probe));

    Mixture fewer = mixture(2, List.of(Arrays.normal(9, 4, 4)));
    String message =
        String.valueOf(
            assertThrows(Exception.class, () -> MixtureQuantizer.load(fewer, file)).getMessage());
    assertTrue(message.contains("experts.weights[2]"), message);
  }

  private static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat(), 0f);
  }

  @Test
  void theyAreTrained() throws Exception {
    Training<Mixture> training = calibration().train(new Adam(1e-2));
    assertTrue(
        training
            .parameters()
            .keySet()
            .containsAll(List.of("experts.weights[2]", "experts.biases[1]")));
    INDArray target = mixture(1, null).forward(probe);
    double first = 0;
    double last = 0;
    for (int i = 0; i < 40; i++) {
      last =
          training.step(
              m -> {
                INDArray error = m.forward(probe).sub(target);
                m.experts().backward(probe, error.mul(2.0 / error.length()));
                return error.mul(error).meanNumber().doubleValue();
              });
      first = i == 0 ? last : first;
    }
    assertTrue(last < 0.9 * first, first + " -> " + last);
    INDArray trained = training.model().forward(probe);
    assertSameBits(trained, training.freeze().model().forward(probe));
  }

  @Test
  void listsMayBeEmptyOrNull() {
    for (Mixture none : List.of(mixture(1, List.of()), mixture(1, null))) {
      Mixture quantized =
          MixtureQuantizer.of(none).calibrate(batches, Mixture::forward).freeze().model();
      assertEquals(none.tables(), quantized.tables());
    }
    assertNull(mixture(1, null).tables().tables());
  }

  @Test
  void anElementMayBeMissing() throws Exception {
    INDArray last = Arrays.normal(77, 4, 4);
    Mixture holey = mixture(1, java.util.Arrays.asList(null, last));
    Quantized<Mixture> quantized =
        MixtureQuantizer.of(holey).calibrate(batches, (m, x) -> m.experts().forward(x)).freeze();
    List<String> names = List.of("experts.weights[0]", "experts.x", "tables.tables[1]");
    assertEquals(names, paths(quantized.summary()));
    assertNull(list(quantized.model()).get(0));
    assertRounded(last, list(quantized.model()).get(1), 1, 7);
    Path file = folder.resolve("holey.safetensors");
    quantized.compress().save(file);
    assertNull(list(MixtureQuantizer.load(holey, file).model()).get(0));
  }

  @Test
  void whatTheConstructorIsGivenCannotBeChanged() {
    List<INDArray> tables = list(calibration().freeze().model());
    assertThrows(UnsupportedOperationException.class, () -> tables.add(Arrays.normal(1, 4, 4)));
  }

  @Test
  void aListThatGrewSinceItWasReadIsRefused() {
    List<INDArray> growing = new ArrayList<>(list(model));
    Calibration<Mixture> calibration =
        MixtureQuantizer.of(mixture(1, growing)).calibrate(batches, Mixture::forward);
    growing.add(Arrays.normal(10, 4, 4));
    String message =
        String.valueOf(assertThrows(IllegalStateException.class, calibration::freeze).getMessage());
    assertTrue(
        message.contains("tables (Tables) held [tables[0]]") && message.contains("tables[1]"),
        message);
  }

  @Test
  void aLayerThatKeepsFewerThanItWasGivenIsRefused() {
    Dropping dropping = new Dropping(List.of(Arrays.normal(1, 4, 4), Arrays.normal(2, 4, 4)));
    DroppingModel all = new DroppingModel(dropping);
    String message =
        String.valueOf(
            assertThrows(
                    IllegalStateException.class, () -> DroppingModelQuantizer.of(all).summary())
                .getMessage());
    assertTrue(message.contains("dropping.tables[0]"), message);
    assertTrue(message.contains("the layer holds none"), message);
  }

  @Test
  void aTypeKnowsTheTensorsOfItsLists() {
    LayerType<Experts, QuantizedExperts> type = QuantizedExperts.type();
    assertEquals(List.of("weights", "biases", "x"), List.copyOf(type.tensors().keySet()));
    LayerType.Builder<Experts, Experts> builder =
        LayerType.builder(Experts.class, (layer, hooks) -> layer);
    assertThrows(IllegalArgumentException.class, () -> builder.several("weight", Experts::weights));
  }
}
