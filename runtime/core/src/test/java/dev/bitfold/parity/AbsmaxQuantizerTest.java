package dev.bitfold.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.parity.AbsmaxQuantizer.Granularity;
import dev.bitfold.quantizer.Arrangement;
import dev.bitfold.tensor.DenseFloats;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AbsmaxQuantizerTest {
  private final INDArray x = DenseFloats.array(Arrangement.values(60, 5, false), 3, 4, 5).add(100f);

  @ParameterizedTest
  @EnumSource(Granularity.class)
  void aTensorFarFromZeroKeepsItsPrecision(Granularity granularity) {
    AbsmaxQuantizer.Result result = AbsmaxQuantizer.asymmetric(8, granularity).quantize(x);
    float step = result.scale().maxNumber().floatValue();
    assertTrue(result.values().sub(x).norm2Number().doubleValue() <= step * Math.sqrt(60));
    double l2 = result.values().sub(x).castTo(DataType.DOUBLE).norm2Number().doubleValue();
    assertEquals(l2, result.l2Distance(), 1e-6);
  }

  @Test
  void theNotebooksCollapseThere() {
    AbsmaxQuantizer notebook =
        AbsmaxQuantizer.asymmetric(8, Granularity.PER_TENSOR).asNotebookWeight();
    assertTrue(notebook.quantize(x).values().stdNumber().doubleValue() < 1e-6);
  }

  @Test
  void theNotebooksOtherFormsHaveCodesOfAnySize() {
    float[] y =
        Arrangement.floats(
            AbsmaxQuantizer.asymmetric(16, Granularity.PER_COLUMN)
                .asNotebookWeight()
                .quantize(DenseFloats.array(new float[] {98.89829f}, 1, 1))
                .values());
    assertArrayEquals(new float[] {98.898285f}, y);
  }

  @ParameterizedTest
  @EnumSource(Granularity.class)
  void inPlaceIsTheSame(Granularity granularity) {
    AbsmaxQuantizer quantizer = AbsmaxQuantizer.symmetric(8, granularity);
    INDArray expected = quantizer.quantize(x).values();
    INDArray inPlace = x.dup('f');
    assertSame(inPlace, quantizer.quantizeInPlace(inPlace).values());
    assertArrayEquals(Arrangement.floats(expected), Arrangement.floats(inPlace));
  }

  @Test
  void whatCannotBeQuantizedIsRefused() {
    AbsmaxQuantizer columns = AbsmaxQuantizer.symmetric(8, Granularity.PER_COLUMN);
    assertThrows(IllegalArgumentException.class, () -> columns.quantize(Nd4j.ones(3)));
    assertThrows(IllegalArgumentException.class, () -> columns.quantize(x.castTo(DataType.INT32)));
    assertThrows(
        IllegalArgumentException.class, () -> AbsmaxQuantizer.symmetric(1, Granularity.PER_TENSOR));
  }
}
