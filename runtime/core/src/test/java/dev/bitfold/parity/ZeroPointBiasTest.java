package dev.bitfold.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.Layout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The corrected bias makes integer arithmetic give what the dequantized values give. */
class ZeroPointBiasTest {
  private static final int OUT = 5;
  private static final int IN = 7;

  @ParameterizedTest
  @CsvSource({"OI, 131", "IO, 131", "OI, -128", "IO, 0"})
  void integersWithoutTheZeroPointGiveTheSameOutput(String layout, int zeroPoint) {
    Random random = new Random(1);
    boolean outFirst = layout.equals("OI");
    int[][] w = new int[OUT][IN];
    float weightScale = 0.013f;
    float inputScale = 0.07f;
    INDArray weight = outFirst ? Nd4j.create(OUT, IN) : Nd4j.create(IN, OUT);
    float[] b = new float[OUT];
    int[] x = new int[IN];
    for (int o = 0; o < OUT; o++) {
      b[o] = (float) random.nextGaussian();
      for (int i = 0; i < IN; i++) {
        w[o][i] = random.nextInt(255) - 127;
        weight.putScalar(outFirst ? new int[] {o, i} : new int[] {i, o}, w[o][i] * weightScale);
        x[i] = random.nextInt(256);
      }
    }

    INDArray corrected =
        ZeroPointBias.absorb(
            Nd4j.createFromArray(b), weight, new Layout(layout), inputScale, zeroPoint);

    for (int o = 0; o < OUT; o++) {
      double expected = b[o];
      long codes = 0;
      for (int i = 0; i < IN; i++) {
        expected += (x[i] - zeroPoint) * (double) inputScale * w[o][i] * weightScale;
        codes += (long) x[i] * w[o][i];
      }
      double actual = codes * (double) inputScale * weightScale + corrected.getDouble(o);
      assertEquals(expected, actual, 1e-4, "output " + o);
    }
  }

  @Test
  void aConvolutionSumsOverEverythingButItsOutputs() {
    INDArray weight = Nd4j.arange(2 * 3 * 2 * 2).castTo(DataType.FLOAT);

    INDArray corrected =
        ZeroPointBias.absorb(null, weight.reshape(2, 3, 2, 2), new Layout("OIHW"), 0.5f, 2);

    assertEquals(-66, corrected.getDouble(0), "0 to 11");
    assertEquals(-210, corrected.getDouble(1), "12 to 23");
  }

  @Test
  void aBiasOfAnotherLengthIsRefused() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                ZeroPointBias.absorb(Nd4j.create(3), Nd4j.create(OUT, IN), new Layout("OI"), 1, 1));

    String message = String.valueOf(e.getMessage());
    assertTrue(message.contains("[3]") && message.contains("OI"), message);
  }
}
