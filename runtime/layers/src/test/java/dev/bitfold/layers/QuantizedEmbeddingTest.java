package dev.bitfold.layers;

import static dev.bitfold.layers.Tensors.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.layers.model.EmbeddingNet;
import dev.bitfold.layers.model.EmbeddingNetQuantizer;
import dev.bitfold.reconstruction.Reconstruction;
import dev.bitfold.reconstruction.ReconstructionOptions;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** The int8 table against plain loops over its rows. */
class QuantizedEmbeddingTest {
  private static final int ROWS = 7;
  private static final int CHANNELS = 10;

  /** Rows of very different size, one of zeros. */
  private static INDArray table() {
    INDArray table = random(new Random(3), DataType.FLOAT, ROWS, CHANNELS);
    for (int row = 0; row < ROWS; row++) {
      table.get(NDArrayIndex.point(row)).muli(Math.pow(10, row - 3));
    }
    table.get(NDArrayIndex.point(5)).assign(0);
    return table;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aReconstructedTableIsNearerToTheFloatOne(boolean affine) {
    INDArray table = random(new Random(4), DataType.FLOAT, 50, 64);
    EmbeddingNet net = new EmbeddingNet(new Embedding(table));
    INDArray indices = Nd4j.createFromArray(IntStream.range(0, 50).toArray());
    QuantDescriptor blocks =
        QuantDescriptor.builder()
            .bits(4)
            .affine(affine)
            .blockSizes(BlockSize.along("O", 16))
            .build();
    Calibration<EmbeddingNet> nearest =
        EmbeddingNetQuantizer.of(net)
            .using(Recipe.of("w4").with(Role.WEIGHT, blocks))
            .calibrate(List.of(indices), EmbeddingNet::forward);

    Calibration<EmbeddingNet> reconstructed = nearest.reconstruct(ReconstructionOptions.DEFAULT);

    Reconstruction weight = reconstructed.reconstructions().weights().get(0);
    assertEquals(Reconstruction.Method.SCALES, weight.method());
    assertEquals(error(net, nearest, indices), weight.nearest(), 1e-6);
    assertEquals(error(net, reconstructed, indices), weight.reached(), 1e-6);
    assertTrue(weight.reached() < 0.95 * weight.nearest(), weight.toString());
  }

  private static double error(
      EmbeddingNet net, Calibration<EmbeddingNet> calibration, INDArray indices) {
    INDArray expected = net.forward(indices);
    return expected.distance2(calibration.freeze().model().forward(indices))
        / expected.norm2Number().doubleValue();
  }

  @Test
  void rowsAreRoundedToInt8EachWithItsOwnScale() {
    INDArray table = table();
    Quantized<EmbeddingNet> quantized =
        EmbeddingNetQuantizer.of(new EmbeddingNet(new Embedding(table))).freeze();
    INDArray indices = Nd4j.createFromArray(new int[][] {{6, 0, 5}, {3, 3, 1}});
    INDArray y = quantized.model().forward(indices);

    assertArrayEquals(new long[] {2, 3, CHANNELS}, y.shape());
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 3; j++) {
        int row = indices.getInt(i, j);
        float amax = 0;
        for (int c = 0; c < CHANNELS; c++) {
          amax = Math.max(amax, Math.abs(table.getFloat(row, c)));
        }
        for (int c = 0; c < CHANNELS; c++) {
          float scale = 127 / amax;
          float expected =
              amax == 0 ? 0 : (float) Math.rint(table.getFloat(row, c) * scale) / scale;
          assertEquals(expected, y.getFloat(i, j, c), "row " + row + ", channel " + c);
        }
      }
    }
    assertTrue(y.distance2(new Embedding(table).forward(indices)) > 0, "something was rounded");
  }

  @Test
  void theCompressedTableGivesTheSameBitsInAQuarterOfTheBytes() {
    Quantized<EmbeddingNet> quantized =
        EmbeddingNetQuantizer.of(new EmbeddingNet(new Embedding(table()))).freeze();
    INDArray all = Nd4j.arange(ROWS).castTo(DataType.INT64);

    assertEquals(quantized.model().forward(all), quantized.compress().model().forward(all));
    assertEquals(
        ROWS * (CHANNELS + Float.BYTES), quantized.summary().weightBytes(), "codes and a scale");
  }
}
