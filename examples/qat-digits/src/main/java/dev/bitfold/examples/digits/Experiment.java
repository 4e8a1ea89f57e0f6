package dev.bitfold.examples.digits;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** One seed: the float net, and what becomes of it with few bits, with and without training. */
final class Experiment {
  private static final List<String> LAYERS = List.of("conv1", "conv2", "fc1", "fc2", "fc3");
  private static final int BATCH = 50;

  /** Of the histogram that the scale of the least squared error is searched on. */
  private static final int BINS = 512;

  /** That training begins with, of all nets; chosen with {@code --validate}. */
  private static final double RATE = 4e-3;

  /**
   * How long it takes.
   *
   * @param images for training
   * @param floatEpochs of the float net
   * @param qatEpochs of each quantized one, which begins with the float net
   */
  record Length(int images, int floatEpochs, int qatEpochs) {}

  /**
   * A trained net.
   *
   * @param accuracy on the test images, in percent
   * @param losses the mean of each epoch; none if it was not trained further
   */
  record Trained(double accuracy, List<Double> losses) {}

  private final Digits digits;
  private final Length length;
  private final long seed;
  private final List<Digits.Batch> test;

  Experiment(Digits digits, Length length, long seed) {
    this.digits = digits;
    this.length = length;
    this.seed = seed;
    this.test = digits.test(500);
  }

  /** Trains the float net. */
  Trained trainFloat(LeNet net) {
    int steps = length.floatEpochs() * length.images() / BATCH;
    FloatTraining training = new FloatTraining(net, adam(steps));
    List<Double> losses = epochs(length.floatEpochs(), training::step);
    return new Trained(net.accuracy(test), losses);
  }

  /**
   * Goes on training a copy of the float net as long as {@link #qat} does, at the same rates and on
   * the same batches: what a quantized net is compared with.
   */
  Trained trainFloatOn(LeNet trained) {
    LeNet net = trained.copy();
    FloatTraining training = new FloatTraining(net, adam(qatSteps()));
    List<Double> losses = epochs(length.qatEpochs(), training::step);
    return new Trained(net.accuracy(test), losses);
  }

  private int qatSteps() {
    return length.qatEpochs() * length.images() / BATCH;
  }

  /** Quantizes the net after training, with the scale of the least squared error. */
  Trained ptq(LeNet net, int bits) throws Exception {
    double accuracy = calibrated(net, bits, Ste.CLIP).freeze().model().accuracy(test);
    return new Trained(accuracy, List.of());
  }

  /** Goes on training the net with its quantizers in place. */
  Trained qat(LeNet net, int bits, Ste ste) throws Exception {
    Training<LeNet> training = calibrated(net, bits, ste).train(adam(qatSteps()));
    List<Double> losses =
        epochs(length.qatEpochs(), batch -> training.step(model -> model.learn(batch).loss()));
    Quantized<LeNet> quantized = training.freeze();
    return new Trained(quantized.model().accuracy(test), losses);
  }

  private Calibration<LeNet> calibrated(LeNet net, int bits, Ste ste) {
    QuantDescriptor weight =
        QuantDescriptor.builder().bits(bits).per("O").calib(Calib.MSE).bins(BINS).ste(ste).build();
    QuantDescriptor input =
        QuantDescriptor.builder()
            .bits(bits)
            .unsigned(true)
            .calib(Calib.MSE)
            .bins(BINS)
            .ste(ste)
            .build();
    Plan<LeNet> plan = LeNetQuantizer.of(net);
    for (String layer : LAYERS) {
      plan = plan.describe(layer + ".weight", weight).describe(layer + ".x", input);
    }
    List<INDArray> images = digits.train(500, BATCH).stream().map(Digits.Batch::images).toList();
    return plan.calibrate(images, LeNet::forward);
  }

  private static Adam adam(int steps) {
    return new Adam(new CosineDecay(RATE, steps));
  }

  private List<Double> epochs(int count, ToDoubleFunction<Digits.Batch> step) {
    List<Double> losses = new ArrayList<>();
    for (int epoch = 0; epoch < count; epoch++) {
      losses.add(
          digits.shuffled(length.images(), BATCH, 1000 * seed + epoch).stream()
              .mapToDouble(step)
              .average()
              .orElseThrow());
    }
    return losses;
  }
}
