package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.diagnosis.Comparison;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.Summary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The error of a model's output against ND4J's own arithmetic. */
class ComparisonTest {
  private final ToyNet net =
      new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  private final List<INDArray> batches =
      IntStream.range(0, 5).mapToObj(i -> normal(10 + i, 3, 7, 8)).toList();
  private final Calibration<ToyNet> calibration =
      ToyNet.plan(net).calibrate(batches, ToyNet::forward);

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  private static double relative(INDArray expected, INDArray actual) {
    return expected.sub(actual).norm2Number().doubleValue() / expected.norm2Number().doubleValue();
  }

  @Test
  void theFiguresAreThoseOfAnIndependentCount() {
    Quantized<ToyNet> quantized = calibration.freeze();
    List<INDArray> other = IntStream.range(0, 4).mapToObj(i -> normal(50 + i, 6, 7, 8)).toList();
    INDArray expected = Nd4j.concat(0, other.stream().map(net::forward).toArray(INDArray[]::new));
    INDArray actual =
        Nd4j.concat(0, other.stream().map(quantized.model()::forward).toArray(INDArray[]::new));
    double cosine = 0;
    int worst = 0;
    List<Double> errors = new ArrayList<>();
    for (int row = 0; row < 24; row++) {
      INDArray x = expected.slice(row);
      INDArray y = actual.slice(row);
      cosine += Transforms.cosineSim(x.dup().reshape(28), y.dup().reshape(28)) / 24;
      errors.add(relative(x, y));
      worst = errors.get(row) > errors.get(worst) ? row : worst;
    }

    Comparison comparison = quantized.compare(net, other, ToyNet::forward);

    assertEquals(24, comparison.rows());
    assertEquals(relative(expected, actual), comparison.relativeError(), 1e-6);
    assertEquals(-20 * Math.log10(relative(expected, actual)), comparison.decibels(), 1e-3);
    assertEquals(cosine, comparison.cosine(), 1e-6);
    assertEquals(worst, comparison.worst().batch() * 6 + comparison.worst().row());
    assertEquals(errors.get(worst), comparison.worst().relativeError(), 1e-6);
  }

  @Test
  void theSummaryHasTheErrorOnTheCalibrationData() {
    Quantized<ToyNet> quantized = calibration.freeze();
    Comparison measured = quantized.summary().modelError().orElseThrow();

    assertEquals(quantized.compare(net, batches, ToyNet::forward), measured);
    assertTrue(measured.relativeError() > 0, measured.toString());
    assertTrue(
        quantized.summary().toString().contains("model output: " + measured),
        quantized.summary().toString());
    assertEquals(quantized.summary(), Summary.ofJson(quantized.summary().toJson()));
    assertEquals(
        Optional.of(measured), quantized.compress().summary().modelError(), "the same outputs");
    assertEquals(Optional.empty(), ToyNet.plan(net).summary().modelError());
    Diagnosis diagnosis = calibration.diagnose();
    assertEquals(Optional.of(measured), diagnosis.summary().modelError());
    assertTrue(
        diagnosis.toString().endsWith("model output: " + measured + "\n"), diagnosis.toString());
  }

  @ParameterizedTest
  @CsvSource({"5, 1", "8, 2", "31, 7", "40, 8", "200, 12"})
  void ofManyBatchesAFewAreComparedEvenlySpread(int batches, int stride) {
    List<INDArray> many = IntStream.range(0, batches).mapToObj(i -> normal(i, 2, 3, 8)).toList();
    Quantized<ToyNet> quantized = ToyNet.plan(net).calibrate(many, ToyNet::forward).freeze();
    List<INDArray> few =
        IntStream.iterate(0, i -> i < batches, i -> i + stride).mapToObj(many::get).toList();
    Comparison expected = quantized.compare(net, few, ToyNet::forward);
    Comparison measured = quantized.summary().modelError().orElseThrow();

    assertEquals(2L * few.size(), measured.rows());
    assertEquals(expected.relativeError(), measured.relativeError());
    assertEquals(stride * expected.worst().batch(), measured.worst().batch(), "numbered as given");
  }

  @Test
  void anArrayThatBothModelsWriteToIsComparedAsEachHasWrittenIt() {
    Quantized<ToyNet> quantized = calibration.freeze();
    INDArray shared = Nd4j.create(3, 7, 4);

    assertEquals(
        quantized.compare(net, batches, ToyNet::forward),
        quantized.compare(net, batches, (ToyNet m, INDArray x) -> shared.assign(m.forward(x))));
  }

  @Test
  void zerosAndEqualOutputsHaveAnswers() {
    Quantized<ToyNet> quantized = calibration.freeze();
    List<INDArray> zeros = List.of(Nd4j.zeros(2, 7, 8));

    Comparison same = quantized.compare(net, zeros, ToyNet::forward);
    assertEquals(new Comparison(2, 0, 1, new Comparison.Worst(0, 0, 0)), same);
    assertEquals("relative error 0 over 2 rows", same.toString());
    assertEquals(Double.POSITIVE_INFINITY, same.decibels());

    Comparison onlyOne =
        quantized.compare(
            net, batches, (ToyNet m, INDArray x) -> Nd4j.ones(2, 3).muli(m.equals(net) ? 0 : 1));
    assertEquals(Double.POSITIVE_INFINITY, onlyOne.relativeError());
    assertEquals(0, onlyOne.cosine());
  }

  @Test
  void whatCannotBeComparedIsNamed() {
    Quantized<ToyNet> quantized = calibration.freeze();
    refused(
        "batch 0: the float model gives an output of shape [3, 7, 4], the quantized one of shape"
            + " [7, 3, 4]",
        () ->
            quantized.compare(
                net,
                batches,
                (ToyNet m, INDArray x) ->
                    m.equals(net) ? m.forward(x) : m.forward(x).permute(1, 0, 2)));
    refused(
        "batch 0: the output of the float model of INT",
        () -> quantized.compare(net, batches, (ToyNet m, INDArray x) -> Nd4j.createFromArray(1)));
    refused("nothing to compare", () -> quantized.compare(net, List.of(), (m, x) -> null));
    assertThrows(
        IllegalArgumentException.class,
        () -> quantized.compare(quantized.model(), batches, ToyNet::forward));
  }

  private static void refused(String why, Runnable action) {
    CalibrationException e = assertThrows(CalibrationException.class, action::run);
    assertTrue(String.valueOf(e.getMessage()).contains(why), e.getMessage());
  }

  @Test
  void dataThatIsGoneCostsTheMeasurementAndNotTheModel() {
    List<INDArray> own = batches.stream().map(INDArray::dup).toList();
    Calibration<ToyNet> seen = ToyNet.plan(net).calibrate(own, ToyNet::forward);
    own.forEach(INDArray::close);

    Quantized<ToyNet> quantized = seen.freeze();

    assertEquals(Optional.empty(), quantized.summary().modelError());
    assertEquals(
        calibration.freeze().model().forward(batches.get(0)),
        quantized.model().forward(batches.get(0)));
  }
}
