package dev.bitfold.quantizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks what is refused, and that messages name the descriptor, the shape and the value. */
class BadInputTest {
  private final INDArray x = Nd4j.createFromArray(new float[][] {{1, -2, 3}, {4, 5, -6}});

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, -1.5f})
  void anAmaxThatIsNone(float amax) {
    Quantizer perRow = Quantizer.of(QuantDescriptor.builder().axis(0).name("w").build());
    INDArray given = Nd4j.createFromArray(1f, amax);
    refused(() -> perRow.withAmax(given), "int8 per axis 0 \"w\"", "[2]", String.valueOf(amax));
  }

  @Test
  void anAmaxOfAnotherShape() {
    Quantizer perRow = Quantizer.of(QuantDescriptor.builder().axis(0).build());
    Quantizer three = perRow.withAmax(Nd4j.createFromArray(1f, 2f, 3f));
    refused(() -> three.quantize(x), "int8 per axis 0", "[2, 3]", "[3]");
    Quantizer tensor = Quantizer.of(QuantDescriptor.bits(8)).withAmax(Nd4j.ones(2, 1));
    refused(() -> tensor.quantize(x), "int8 per tensor", "[2, 3]", "[2, 1]");
    Quantizer described = Quantizer.of(QuantDescriptor.builder().axis(0).amax(1.5, 0.1, 2).build());
    refused(() -> described.quantize(x), "int8 per axis 0", "[2, 3]", "[3]");
    QuantDescriptor two = QuantDescriptor.builder().amax(1.5, 0.1).build();
    String thrown =
        assertThrows(InvalidDescriptorException.class, () -> Quantizer.of(two)).toString();
    assertTrue(thrown.contains("amax = [1.5, 0.1]"), thrown);
    assertTrue(thrown.contains("one scale per tensor"), thrown);
  }

  @Test
  void negativeValuesOfAnUnsignedFormat() {
    Quantizer unsigned = Quantizer.of(QuantDescriptor.builder().bits(8).unsigned(true).build());
    refused(() -> unsigned.quantize(x), "uint8 per tensor", "[2, 3]", "-6.0");
    refused(() -> unsigned.quantizeInto(x, x), "uint8 per tensor", "[2, 3]", "-6.0");
    Quantizer floats = Quantizer.of(QuantDescriptor.builder().bits(4, 3).unsigned(true).build());
    refused(() -> floats.codes(x), "E4M3 per tensor", "[2, 3]", "-6.0");
  }

  @Test
  void zeroIsNotNegative() {
    INDArray zero = Nd4j.createFromArray(-0f, 1f, 2f);
    assertEquals(
        Nd4j.createFromArray(0f, 1f, 2f),
        Quantizer.of(QuantDescriptor.builder().bits(8).unsigned(true).amax(255).build())
            .quantize(zero));
  }

  /** It has the shape of a scalar, and no value. */
  @Test
  void theEmptyArrayWithoutAShape() {
    INDArray empty = Nd4j.empty(DataType.FLOAT);
    Quantizer tensor = Quantizer.of(QuantDescriptor.bits(8));
    refused(() -> tensor.quantize(empty), "int8 per tensor", "FLOAT and shape []", "it is empty");
    refused(() -> tensor.amax(empty), "int8 per tensor", "it is empty");
  }

  @Test
  void anAxisOutOfRange() {
    Quantizer third = Quantizer.of(QuantDescriptor.builder().axis(2).build());
    refused(() -> third.quantize(x), "int8 per axis 2", "[2, 3]", "axis 2 is out of range");
    Quantizer blocks =
        Quantizer.of(QuantDescriptor.builder().blockSizes(BlockSize.axis(-3, 4)).build());
    refused(() -> blocks.amax(x), "4 along axis -3", "[2, 3]", "axis -3 is out of range");
    Quantizer twice = Quantizer.of(QuantDescriptor.builder().axis(1, -1).build());
    refused(() -> twice.quantize(x), "int8 per axis 1, -1", "[2, 3]", "named twice");
  }

  @Test
  void aRankThatDoesNotFitTheLayout() {
    Quantizer conv = Quantizer.of(QuantDescriptor.builder().per("O").build(), new Layout("OIHW"));
    refused(() -> conv.quantize(x), "int8 per O", "[2, 3]", "OIHW");
  }

  @Test
  void tensorsOfIntegers() {
    INDArray integers = x.castTo(DataType.INT32);
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    refused(() -> quantizer.quantize(integers), "int8 per tensor", "[2, 3]", "INT");
    refused(() -> quantizer.amax(integers), "int8 per tensor", "[2, 3]", "INT");
  }

  @Test
  void aPreQuantScaleThatDoesNotFit() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    Quantizer two = quantizer.withPreQuantScale(Nd4j.ones(2), -1);
    refused(() -> two.quantize(x), "int8 per tensor", "[2, 3]", "2 factors along axis -1");
    refused(
        () -> quantizer.withPreQuantScale(Nd4j.createFromArray(1f, Float.NaN, 1f), -1),
        "int8 per tensor",
        "[3]",
        "NaN");
  }

  @Test
  void aFixedScaleThatWouldHaveNoEffect() {
    Quantizer dynamic = Quantizer.of(QuantDescriptor.builder().dynamic(true).build());
    refused(() -> dynamic.withAmax(Nd4j.scalar(1f)), "dynamic", "no effect");
    Quantizer symmetric = Quantizer.of(QuantDescriptor.bits(8));
    refused(() -> symmetric.withRange(Nd4j.scalar(0f), Nd4j.scalar(1f)), "affine = true");
    Quantizer affine = Quantizer.of(QuantDescriptor.builder().affine(true).build());
    refused(() -> affine.withAmax(Nd4j.scalar(1f)), "range");
    refused(() -> affine.withRange(Nd4j.scalar(2f), Nd4j.scalar(1f)), "2.0", "1.0");
    refused(() -> affine.withScale(Nd4j.scalar(0f), Nd4j.scalar(1f)), "scale", "0.0");
    refused(() -> affine.withScale(Nd4j.scalar(1f), Nd4j.scalar(.5f)), "zero point", "0.5");
  }

  @Test
  void anOutputOfAnotherShapeOrType() {
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8));
    refused(() -> quantizer.quantizeInto(x, Nd4j.create(3, 2)), "[2, 3]", "[3, 2]");
    refused(() -> quantizer.quantizeInto(x, x.castTo(DataType.DOUBLE)), "[2, 3]", "DOUBLE");
  }

  @Test
  void nanInAPackedIntegerTensor() {
    INDArray nan = Nd4j.createFromArray(1f, Float.NaN);
    Quantizer quantizer = Quantizer.of(QuantDescriptor.bits(8)).withAmax(Nd4j.scalar(1f));
    refused(() -> quantizer.pack(nan), "int8 per tensor", "[2]", "element 1 is NaN");
  }

  /** Refused with all of these words, and the tensor as it was. */
  private void refused(Executable call, String... words) {
    INDArray before = x.dup();
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, call).getMessage());
    for (String word : words) {
      assertTrue(message.contains(word), message + " does not say " + word);
    }
    assertEquals(before, x);
  }

  @Test
  void aRangeWhoseStepIsNoNormalFloatKeepsItsValuesFinite() {
    Quantizer affine = Quantizer.of(QuantDescriptor.builder().bits(8).affine(true).build());
    for (float edge : new float[] {3e38f, Float.MIN_VALUE}) {
      float[] y =
          Arrangement.floats(affine.quantize(Nd4j.createFromArray(new float[] {-edge, 0, edge})));
      for (int i = 0; i < 3; i++) {
        assertEquals((i - 1) * edge, y[i], edge / 100, "value " + i + " of ±" + edge);
      }
    }
  }
}
