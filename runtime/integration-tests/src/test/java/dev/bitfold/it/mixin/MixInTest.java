package dev.bitfold.it.mixin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.it.Errors;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.mixin.vendor.Gain;
import dev.bitfold.it.mixin.vendor.Head;
import dev.bitfold.it.mixin.vendor.Linear;
import dev.bitfold.it.mixin.vendor.Mlp;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Classes of a vendor, quantized through mix-ins: the bits of the same classes with annotations.
 */
class MixInTest {
  private static final int C = 16;

  private final INDArray gain = Arrays.normal(1, C).addi(2);
  private final INDArray stem = Arrays.normal(2, C, C).divi(4);
  private final INDArray first = Arrays.normal(3, C, C).divi(4);
  private final INDArray second = Arrays.normal(4, C, C).divi(4);
  private final INDArray bias = Arrays.normal(5, C).muli(0.1);
  private final INDArray head = Arrays.normal(6, C, 4).divi(4);
  private final INDArray probe = Arrays.outliers(1000, 64, C);
  private final List<INDArray> batches =
      IntStream.range(0, 4).mapToObj(i -> Arrays.outliers(i, 64, C)).toList();

  private final Net net =
      new Net(
          new Linear(stem, bias),
          new Mlp(
              Gain.of(gain), List.of(new Linear(first, bias), new Linear(second)), new Head(head)));
  private final Annotated.Net annotated =
      new Annotated.Net(
          new Annotated.Linear(stem, bias),
          new Annotated.Mlp(
              new Annotated.Gain(gain),
              List.of(new Annotated.Linear(first, bias), new Annotated.Linear(second, bias.mul(0))),
              new Annotated.Head(head)));

  private Calibration<Net> mixed() {
    return NetQuantizer.of(net).calibrate(batches, Net::forward);
  }

  private Calibration<Annotated.Net> direct() {
    return Annotated_NetQuantizer.of(annotated).calibrate(batches, Annotated.Net::forward);
  }

  @Test
  void givesTheBitsOfAnnotatedClasses() {
    Quantized<Net> quantized = mixed().smoothQuant().freeze();
    Quantized<Annotated.Net> expected = direct().smoothQuant().freeze();

    Errors.assertSameBits(expected.model().forward(probe), quantized.model().forward(probe));
    assertEquals(expected.summary().toString(), quantized.summary().toString());
    double error = Errors.relative(net.forward(probe), quantized.model().forward(probe));
    assertTrue(error > 1e-4 && error < 0.1, "relative error " + error);
  }

  @Test
  void givesTheBitsOfAnnotatedClassesByAnyRecipe() {
    for (Recipe recipe : List.of(Recipe.INT8_DYNAMIC, Recipe.FLOAT)) {
      Errors.assertSameBits(
          Annotated_NetQuantizer.of(annotated).using(recipe).freeze().model().forward(probe),
          NetQuantizer.of(net).using(recipe).freeze().model().forward(probe));
    }
  }

  @Test
  void savesAndLoads(@TempDir Path folder) throws IOException {
    Quantized<Net> quantized = mixed().smoothQuant().freeze();
    Path file = folder.resolve("net");
    quantized.save(file);

    Quantized<Net> loaded = NetQuantizer.load(net, file);

    Errors.assertSameBits(quantized.model().forward(probe), loaded.model().forward(probe));
  }

  @Test
  void aVendorsModelIsQuantizedOnItsOwn() {
    Mlp mlp = net.mlp();
    Quantized<Mlp> quantized = MlpMixInQuantizer.of(mlp).calibrate(batches, Mlp::forward).freeze();
    Quantized<Annotated.Mlp> expected =
        Annotated_MlpQuantizer.of(annotated.mlp())
            .calibrate(batches, Annotated.Mlp::forward)
            .freeze();

    Errors.assertSameBits(expected.model().forward(probe), quantized.model().forward(probe));
    assertEquals(Gain.class, quantized.model().gain().getClass());
    assertEquals(
        Optional.of("QuantizedHeadMixIn"),
        Optional.of(quantized.model().head().getClass().getSimpleName()));
  }
}
