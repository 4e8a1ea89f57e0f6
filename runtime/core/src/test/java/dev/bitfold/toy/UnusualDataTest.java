package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.diagnosis.Diagnosis;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Checks unusual calibration data: each case has a defined result, from calibration to output. */
class UnusualDataTest {
  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  private static double error(ToyNet floats, ToyNet quantized, INDArray x) {
    INDArray expected = floats.forward(x);
    INDArray actual = quantized.forward(x);
    for (float value : actual.dup('c').data().asFloat()) {
      assertTrue(Float.isFinite(value), "finite: " + value);
    }
    double size = expected.norm2Number().doubleValue();
    return size == 0 ? 0 : expected.sub(actual).norm2Number().doubleValue() / size;
  }

  private static ToyNet smooth(ToyNet net, List<INDArray> batches) {
    return ToyNet.plan(net).calibrate(batches, ToyNet::forward).smoothQuant().freeze().model();
  }

  private static ToyNet net() {
    return new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  }

  /** Without input channel 1. */
  private static INDArray without(INDArray x, int axis) {
    INDArray[] kept = {
      x.get(at(x.rank(), axis, NDArrayIndex.interval(0, 1))).dup(),
      x.get(at(x.rank(), axis, NDArrayIndex.interval(2, 8))).dup()
    };
    return Nd4j.concat(axis, kept);
  }

  private static INDArrayIndex[] at(int rank, int axis, INDArrayIndex index) {
    INDArrayIndex[] all = new INDArrayIndex[rank];
    Arrays.fill(all, NDArrayIndex.all());
    all[axis] = index;
    return all;
  }

  private static void deadChannelDoesNoHarm(ToyNet net) {
    INDArray x = normal(3, 3, 7, 8).muli(Nd4j.createFromArray(1f, 0, 1, 30, 1, 1, 1, 1));
    INDArray narrow = without(x, 2);
    ToyNet seven = new ToyNet(new ToyLinear(without(net.first().weight(), 0)), net.second());

    double expected = error(seven, smooth(seven, List.of(narrow)), narrow);
    double actual = error(net, smooth(net, List.of(x)), x);
    assertTrue(actual <= 1.1 * expected, actual + ", without the channel " + expected);
  }

  @Test
  void aChannelThatIsNeverActiveDoesNoMoreHarmThanIfItWereNotThere() {
    deadChannelDoesNoHarm(net());
  }

  @Test
  void norDoesAChannelWhoseWeightsAreZeroToo() {
    ToyNet net = net();
    net.first().weight().getRow(1).assign(0);
    deadChannelDoesNoHarm(net);
  }

  @Test
  void aWeightOfZerosInAnOutputChannelGivesZeros() {
    ToyNet net = net();
    net.second().weight().getColumn(2).assign(0);
    INDArray x = normal(3, 3, 7, 8);
    INDArray y = smooth(net, List.of(x)).forward(x);

    assertEquals(0, y.tensorAlongDimension(2, 0, 1).norm1Number().doubleValue());
  }

  @Test
  void batchesOfZerosGiveZeros() {
    ToyNet net = net();
    INDArray x = Nd4j.zeros(3, 7, 8);
    Calibration<ToyNet> calibration = ToyNet.plan(net).calibrate(List.of(x), ToyNet::forward);
    Diagnosis diagnosis = calibration.diagnose();

    assertEquals(0, error(net, calibration.smoothQuant().freeze().model(), x));
    assertEquals(1, diagnosis.layers().get(0).inputs().get(0).before().spread());
    assertTrue(diagnosis.layers().get(0).outputL1().isEmpty(), "nothing to compare with");
  }

  @Test
  void oneBatchIsEnough() {
    ToyNet net = net();
    INDArray x = normal(4, 2, 5, 8);

    assertTrue(error(net, smooth(net, List.of(x)), x) < 0.03);
  }

  @Test
  void theShapeOfTheBatchesDoesNotMatter() {
    ToyNet net = net();
    INDArray whole = normal(5, 4, 6, 8);
    List<INDArray> parts =
        List.of(
            whole.reshape(24, 8).get(NDArrayIndex.interval(0, 5)).dup(),
            whole.reshape(24, 8).get(NDArrayIndex.interval(5, 24)).dup().reshape(1, 19, 8));
    INDArray y = smooth(net, List.of(whole)).forward(whole);

    assertEquals(y, smooth(net, parts).forward(whole));
  }
}
