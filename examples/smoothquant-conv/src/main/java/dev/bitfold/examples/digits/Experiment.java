package dev.bitfold.examples.digits;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Quantizes a network in four ways and measures each. */
final class Experiment {
  private static final Recipe W4A8 =
      Recipe.of("W4A8")
          .with(Role.WEIGHT, QuantDescriptor.builder().bits(4).per("O").build())
          .with(Role.INPUT, QuantDescriptor.builder().bits(8).build())
          .withSmoothQuant();

  private Experiment() {}

  /**
   * The accuracies on one network.
   *
   * @param network what was measured
   * @param fp32 the float network's
   * @param alphas the alpha that each layer of {@code w8a8Smooth} got; a layer that stays
   *     unsmoothed has none
   */
  record Row(
      String network,
      double fp32,
      double w8a8,
      double w8a8Smooth,
      double w4a8,
      double w4a8Smooth,
      Map<String, Double> alphas) {}

  /** Calibrates on some digits and measures on others. */
  static Row run(String name, LeNet net, Digits calibration, Digits test) {
    List<INDArray> batches = calibration.batches(64).stream().map(Digits::images).toList();
    Plan<LeNet> plan = LeNetQuantizer.of(net);
    Calibration<LeNet> w8a8 = plan.calibrate(batches, LeNet::forward);
    Calibration<LeNet> w8a8Smooth = w8a8.smoothQuant(SmoothQuantOptions.searchAlpha());
    Calibration<LeNet> w4a8 = plan.using(W4A8).calibrate(batches, LeNet::forward);
    Calibration<LeNet> w4a8Smooth = w4a8.smoothQuant(SmoothQuantOptions.searchAlpha());
    Map<String, Double> alphas = new TreeMap<>();
    w8a8Smooth
        .alphaCurves()
        .forEach(
            (layer, curve) -> curve.chosen().fixed().ifPresent(best -> alphas.put(layer, best)));
    return new Row(
        name,
        net.accuracy(test),
        accuracy(w8a8, test),
        accuracy(w8a8Smooth, test),
        accuracy(w4a8, test),
        accuracy(w4a8Smooth, test),
        alphas);
  }

  private static double accuracy(Calibration<LeNet> calibration, Digits test) {
    return calibration.freeze().model().accuracy(test);
  }
}
