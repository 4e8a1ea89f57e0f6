package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.LayerNorm;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Attention;
import dev.bitfold.it.model.Block;
import dev.bitfold.it.model.BlockQuantizer;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import dev.bitfold.storage.StateFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Checks that a frozen model does not change when the float model changes. */
class FrozenTest {
  private static final int C = 16;

  private final INDArray probe = Arrays.outliers(9, 32, C);

  @TempDir Path folder;

  private static Mlp mlp() {
    return new Mlp(Linear.random(1, C, C), List.of(Linear.random(2, C, C)), Linear.random(3, 4, C));
  }

  private Quantized<Mlp> frozen(Mlp net) {
    return MlpQuantizer.of(net)
        .calibrate(List.of(Arrays.outliers(1, 64, C)), Mlp::forward)
        .freeze();
  }

  @Test
  void weightsAndBiasesThatAreChangedLaterAreNotItsOwn() throws IOException {
    Mlp net = mlp();
    Quantized<Mlp> quantized = frozen(net);
    INDArray expected = quantized.model().forward(probe).dup();

    net.fc1().bias().addi(1000);
    net.head().bias().muli(-3);
    Errors.assertSameBits(expected, quantized.model().forward(probe));
    Errors.assertSameBits(expected, quantized.compress().model().forward(probe));

    net.fc1().weight().muli(3);
    Errors.assertSameBits(expected, quantized.model().forward(probe));

    // The file is of the model as it was frozen: it takes the float model of then, not of now.
    Path file = folder.resolve("frozen.safetensors");
    quantized.save(file);
    Errors.assertSameBits(expected, MlpQuantizer.load(mlp(), file).model().forward(probe));
    StateFileException e =
        assertThrows(StateFileException.class, () -> MlpQuantizer.load(net, file));
    assertTrue(String.valueOf(e.getMessage()).contains("fc1.weight"), e::getMessage);
  }

  @Test
  void weightsThatWouldBePackedMustBeThoseThatWereFrozen() {
    Mlp net = mlp();
    Quantized<Mlp> quantized = frozen(net);
    net.hidden().get(0).weight().putScalar(0, 0, 5);

    IllegalStateException e = assertThrows(IllegalStateException.class, quantized::compress);

    assertEquals(
        "the float model's hidden.0.weight changed after freeze(), and compress() packs from there;"
            + " compress before the float model is changed",
        e.getMessage());
  }

  @Test
  void tensorsThatAreClosedLaterAreNotItsOwn() {
    Mlp net = mlp();
    Quantized<Mlp> quantized = frozen(net);
    Quantized<Mlp> compressed = quantized.compress();
    INDArray expected = quantized.model().forward(probe).dup();

    net.fc1().bias().close();
    net.head().bias().close();

    Errors.assertSameBits(expected, quantized.model().forward(probe));
    Errors.assertSameBits(expected, compressed.model().forward(probe));
  }

  @Test
  void layersThatStayFloatAreItsOwn() {
    Block block =
        new Block(
            new LayerNorm(Arrays.normal(5, C), Arrays.normal(6, C)),
            new Attention(Linear.random(1, C, C), Linear.random(2, C, C), Linear.random(3, C, C)));
    INDArray x = Arrays.normal(7, 8, C);
    Quantized<Block> quantized =
        BlockQuantizer.of(block).calibrate(List.of(x), Block::forward).freeze();
    INDArray expected = quantized.model().forward(x).dup();

    block.norm().weight().muli(2);
    block.norm().bias().addi(1);

    Errors.assertSameBits(expected, quantized.model().forward(x));
  }
}
