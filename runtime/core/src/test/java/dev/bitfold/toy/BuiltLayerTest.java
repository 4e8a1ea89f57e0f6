package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.internal.state.BuiltLayer;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks that code that runs a built layer elsewhere can find out what the layer does in addition
 * to its forward.
 */
class BuiltLayerTest {
  private static final INDArray X = Nd4j.linspace(-3, 5, 24, DataType.FLOAT).reshape(6, 4);
  private static final INDArray WEIGHT = Nd4j.linspace(-1, 2, 12, DataType.FLOAT).reshape(4, 3);

  private static Calibration<ToyNet> smoothed(List<ToyLinear> seen) {
    ToyNet net = new ToyNet(new ToyLinear(WEIGHT), new ToyLinear(WEIGHT.transpose().dup('c')));
    return ToyNet.plan(net)
        .calibrate(
            List.of(X),
            (calibrating, x) -> {
              seen.add(calibrating.first());
              return calibrating.forward(x);
            })
        .smoothQuant(SmoothQuantOptions.alpha(0.5));
  }

  private static BuiltLayer built(Object layer) {
    return BuiltLayer.of(layer).orElseThrow();
  }

  @Test
  void aQuantizedLayerIsItsQuantizersAndItsTensors() {
    ToyLinear layer = smoothed(new ArrayList<>()).freeze().model().first();
    BuiltLayer built = built(layer);
    assertEquals(ToyLinear.class, built.type());
    assertEquals("first", built.path());
    assertTrue(built.inputScale("x").isEmpty());
    assertTrue(built.output().isEmpty());
    INDArray weight = Objects.requireNonNull(built.tensor("weight", layer.weight()));
    INDArray x = built.input("x").orElseThrow().quantize(X);
    assertEquals(layer.forward(X), Nd4j.matmul(x, weight));
    assertNull(built.tensor("bias", null));
    assertThrows(IllegalArgumentException.class, () -> built.input("y"));
  }

  @Test
  void anInputThatIsOnlySmoothedHasItsFactors() {
    ToyLinear layer = smoothed(new ArrayList<>()).skip("first.x").freeze().model().first();
    BuiltLayer built = built(layer);
    assertTrue(built.input("x").isEmpty());
    BuiltLayer.InputScale scale = built.inputScale("x").orElseThrow();
    assertEquals(-1, scale.axis());
    assertEquals(layer.forward(X), Nd4j.matmul(X.mulRowVector(scale.factors()), layer.weight()));
  }

  @Test
  void packedWeightsAreUnpacked() {
    ToyLinear whole = smoothed(new ArrayList<>()).freeze().model().first();
    ToyLinear packed = smoothed(new ArrayList<>()).freeze().compress().model().first();
    assertEquals(whole.weight(), built(packed).tensor("weight", Nd4j.zeros(DataType.FLOAT, 4, 3)));
  }

  @Test
  void aFloatLayerAndOneThatIsCalibratedAreNotKnown() {
    List<ToyLinear> seen = new ArrayList<>();
    Calibration<ToyNet> calibration = smoothed(seen);
    assertTrue(seen.size() > 0 && calibration.alphaCurves() != null);
    assertTrue(BuiltLayer.of(seen.get(0)).isEmpty());
    assertTrue(BuiltLayer.of(new ToyLinear(WEIGHT)).isEmpty());
  }
}
