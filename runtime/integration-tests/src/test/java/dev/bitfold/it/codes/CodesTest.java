package dev.bitfold.it.codes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.it.Errors;
import dev.bitfold.it.layers.Arrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;

/** A layer on integer codes beside the same layer on fake-quantized values. */
class CodesTest {
  private static final int C = 16;

  private final INDArray first = Arrays.normal(1, C, C).divi(4);
  private final INDArray second = Arrays.normal(2, 4, C).divi(4);
  private final INDArray bias = Arrays.normal(3, C).muli(0.1);
  private final INDArray probe = Arrays.outliers(1000, 32, C);
  private final List<INDArray> batches =
      IntStream.range(0, 4).mapToObj(i -> Arrays.outliers(i, 64, C)).toList();

  private IntMlp codes() {
    return new IntMlp(new IntLinear(first, null, bias), new IntLinear(second, null, Nd4j.zeros(4)));
  }

  private Mlp values() {
    return new Mlp(new Linear(first, bias), new Linear(second, Nd4j.zeros(4)));
  }

  /** Scales that are powers of two: then every product and sum is exact in float32. */
  private static <M> Plan<M> exact(Plan<M> plan) {
    QuantDescriptor eight = QuantDescriptor.bits(8);
    return plan.describe("**.weight", eight.toBuilder().amax(127f / 64).build())
        .describe("fc.x", eight.toBuilder().amax(127).build())
        .describe("head.x", eight.toBuilder().amax(127f / 4).build());
  }

  @Test
  void givesTheBitsOfFakeQuantizedValuesWhereFloatsAreExact() {
    IntMlp ints = exact(IntMlpQuantizer.of(codes())).freeze().model();
    Mlp floats = exact(MlpQuantizer.of(values())).freeze().model();

    INDArray x = probe.div(8);
    Errors.assertSameBits(floats.fc().forward(x), ints.fc().forward(x, null));
    Errors.assertSameBits(floats.forward(x), ints.forward(x));
    assertEquals(1f / 64, ints.fc().weightScale().getFloat(0));
    Errors.assertSameBits(floats.fc().weight(), ints.fc().weight().mul(ints.fc().weightScale()));
    Errors.assertSameBits(rounded(ints.fc().weight()), ints.fc().weight());
    INDArray exported = BuiltLayer.of(ints.fc()).orElseThrow().tensor("weight", ints.fc().weight());
    Errors.assertSameBits(floats.fc().weight(), exported);
  }

  @Test
  void compressingKeepsTheCodes() {
    Quantized<IntMlp> ints = exact(IntMlpQuantizer.of(codes())).freeze();
    IntMlp compressed = ints.compress().model();

    Errors.assertSameBits(ints.model().fc().weight(), compressed.fc().weight());
    Errors.assertSameBits(ints.model().forward(probe), compressed.forward(probe));
  }

  private static INDArray rounded(INDArray x) {
    float[] values = x.dup('c').data().asFloat();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.rint(values[i]);
    }
    return Nd4j.createFromArray(values).reshape(x.shape());
  }

  @Test
  void isCalibratedAndSmoothedLikeValues() {
    Quantized<IntMlp> ints =
        IntMlpQuantizer.of(codes()).calibrate(batches, IntMlp::forward).smoothQuant().freeze();
    Quantized<Mlp> floats =
        MlpQuantizer.of(values()).calibrate(batches, Mlp::forward).smoothQuant().freeze();

    double error = Errors.relative(floats.model().forward(probe), ints.model().forward(probe));
    assertTrue(error < 1e-3, "relative error " + error);
    double quantization = Errors.relative(values().forward(probe), ints.model().forward(probe));
    assertTrue(quantization > 1e-3, "nothing is quantized: " + quantization);
    Errors.assertSameBits(rounded(ints.model().fc().weight()), ints.model().fc().weight());
  }

  @Test
  void dynamicInputsHaveAScaleForEachCall() {
    IntMlp ints =
        IntMlpQuantizer.of(codes())
            .using(Recipe.INT8)
            .describe("**.x", b -> b.toBuilder().dynamic(true).build())
            .freeze()
            .model();
    Mlp floats =
        MlpQuantizer.of(values())
            .using(Recipe.INT8)
            .describe("**.x", b -> b.toBuilder().dynamic(true).build())
            .freeze()
            .model();

    double error = Errors.relative(floats.forward(probe), ints.forward(probe));
    assertTrue(error < 1e-3, "relative error " + error);
  }

  @Test
  void savesAndLoadsItsCodes(@TempDir Path folder) throws IOException {
    Quantized<IntMlp> ints =
        IntMlpQuantizer.of(codes()).calibrate(batches, IntMlp::forward).smoothQuant().freeze();
    ints.save(folder.resolve("ints"));

    Quantized<IntMlp> loaded = IntMlpQuantizer.load(codes(), folder.resolve("ints"));

    Errors.assertSameBits(ints.model().fc().weight(), loaded.model().fc().weight());
    double error = Errors.relative(ints.model().forward(probe), loaded.model().forward(probe));
    assertTrue(error < 1e-6, "relative error " + error);
  }

  @Test
  void aFloatModelHasValuesAndNoScale() {
    IntMlp same = IntMlpQuantizer.of(codes()).using(Recipe.FLOAT).freeze().model();

    Errors.assertSameBits(values().forward(probe), same.forward(probe));
    assertEquals(null, same.fc().weightScale());
  }

  @Test
  void whatALayerCannotTakeIsRefusedWithItsPath() {
    QuantDescriptor int8 = QuantDescriptor.bits(8);
    IllegalArgumentException values =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                MlpQuantizer.of(values())
                    .describe("fc.weight", int8.toBuilder().fakeQuant(false).build()));
    assertTrue(String.valueOf(values.getMessage()).startsWith("fc.weight"), values.getMessage());
    assertTrue(
        String.valueOf(values.getMessage()).contains("@ScaleOf(\"weight\")"), values.getMessage());
    IllegalArgumentException affine =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                IntMlpQuantizer.of(codes())
                    .describe("fc.x", int8.toBuilder().affine(true).build()));
    assertTrue(
        String.valueOf(affine.getMessage()).contains("without a zero point"), affine.getMessage());
    IntMlp quantized = exact(IntMlpQuantizer.of(codes())).freeze().model();
    IllegalArgumentException own =
        assertThrows(
            IllegalArgumentException.class, () -> quantized.fc().forward(probe, Nd4j.scalar(1f)));
    assertTrue(String.valueOf(own.getMessage()).contains("has null for it"), own.getMessage());
  }

  @Test
  void trainingGivesValuesAndFreezingCodes() {
    Training<IntMlp> ints =
        IntMlpQuantizer.of(codes()).calibrate(batches, IntMlp::forward).train(new Sgd(1e-4));
    Training<Mlp> floats =
        MlpQuantizer.of(values()).calibrate(batches, Mlp::forward).train(new Sgd(1e-4));
    INDArray target = Arrays.normal(7, 64, 4);
    for (int step = 0; step < 3; step++) {
      ints.step(m -> m.learn(batches.get(0), target));
      floats.step(m -> m.learn(batches.get(0), target));
    }

    for (String path : floats.parameters().keySet()) {
      Errors.assertSameBits(floats.parameters().get(path), ints.parameters().get(path));
    }
    IntMlp frozen = ints.freeze().model();
    Errors.assertSameBits(rounded(frozen.fc().weight()), frozen.fc().weight());
    double error = Errors.relative(floats.freeze().model().forward(probe), frozen.forward(probe));
    assertTrue(error < 1e-3, "relative error " + error);
  }
}
