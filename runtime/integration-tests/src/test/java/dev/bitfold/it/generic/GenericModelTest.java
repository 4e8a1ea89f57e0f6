package dev.bitfold.it.generic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.it.Errors;
import dev.bitfold.it.layers.Arrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Models with type variables that are bounded by a sealed interface. */
@Tag("any-jdk")
class GenericModelTest {
  private static final int C = 16;

  private final INDArray probe = Arrays.outliers(1000, 64, C);
  private final List<INDArray> batches =
      IntStream.range(0, 4).mapToObj(i -> Arrays.outliers(i, 64, C)).toList();

  private static Dense dense(long seed) {
    return new Dense(Arrays.normal(seed, C, C).divi(4));
  }

  private static Gated gated(long seed) {
    return new Gated(dense(seed), dense(seed + 1));
  }

  @Test
  void givesTheBitsOfAModelWithoutATypeVariable(@TempDir Path folder) throws IOException {
    Seq<Block> seq = new Seq<>(List.of(dense(1), new Relu(), gated(2), dense(4)));
    Quantized<Plain> plain =
        PlainQuantizer.of(new Plain(seq.blocks()))
            .calibrate(batches, Plain::forward)
            .smoothQuant()
            .freeze();
    Quantized<Seq<Block>> quantized =
        SeqQuantizer.of(seq).calibrate(batches, Seq::forward).smoothQuant().freeze();

    Errors.assertSameBits(plain.model().forward(probe), quantized.model().forward(probe));
    assertEquals(plain.summary().toString(), quantized.summary().toString());
    quantized.save(folder.resolve("seq"));
    Errors.assertSameBits(
        quantized.model().forward(probe),
        SeqQuantizer.load(seq, folder.resolve("seq")).model().forward(probe));
  }

  /** What stands in for a layer fits whatever the variable stands for. */
  @Test
  void theElementsOfARebuiltSequenceAreOfItsTypeArgument() {
    Net net = new Net(new Seq<>(List.of(dense(1), dense(2))), new Seq<>(List.of(gated(3))));
    Net quantized = NetQuantizer.of(net).calibrate(batches, Net::forward).freeze().model();

    Dense first = quantized.stem().blocks().get(0);
    Gated gated = quantized.body().blocks().get(0);
    assertEquals("QuantizedDense", first.getClass().getSimpleName());
    assertEquals("QuantizedDense", gated.gate().getClass().getSimpleName());
    double error = Errors.relative(net.forward(probe), quantized.forward(probe));
    assertTrue(error > 1e-4 && error < 0.1, "relative error " + error);
  }

  @Test
  void aSubclassThatTheModelWasNotCompiledForIsNamed() {
    Seq<Dense> seq = new Seq<>(List.of(dense(1), new Dense(dense(2).weight()) {}));

    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> SeqQuantizer.of(seq));
    assertTrue(String.valueOf(e.getMessage()).startsWith("blocks.1 is a "), e.getMessage());
  }
}
