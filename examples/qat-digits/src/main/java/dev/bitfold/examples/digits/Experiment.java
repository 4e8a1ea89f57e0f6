package dev.bitfold.examples.digits;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.reconstruction.ReconstructionOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** One seed: the float net, and what becomes of it with few bits, with and without training. */
final class Experiment {
  private static final List<String> LAYERS = List.of("conv1", "conv2", "fc1", "fc2", "fc3");
  private static final int BATCH = 50;

  /**
   * Where training leaves its checkpoints.
   *
   * @param folder theirs
   * @param stopping whether each epoch begins with a new training, resumed from the checkpoint, as
   *     it would in a new process
   */
  record Checkpoints(Path folder, boolean stopping) {}

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
  private final Checkpoints checkpoints;
  private final List<Digits.Batch> test;

  Experiment(Digits digits, Length length, long seed, Checkpoints checkpoints) {
    this.digits = digits;
    this.length = length;
    this.seed = seed;
    this.checkpoints = checkpoints;
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

  /** Quantizes the net after training, with weights chosen by what the layers compute with them. */
  Trained reconstructed(LeNet net, int bits) throws Exception {
    return reconstructed(calibrated(net, bits, Ste.CLIP));
  }

  private Trained reconstructed(Calibration<LeNet> calibration) throws Exception {
    ReconstructionOptions options = ReconstructionOptions.DEFAULT;
    double accuracy = calibration.reconstruct(options).freeze().model().accuracy(test);
    return new Trained(accuracy, List.of());
  }

  /** Quantizes the weights after training, and leaves the inputs float. */
  Trained weights(LeNet net, int bits) throws Exception {
    double accuracy = calibratedWeights(net, bits).freeze().model().accuracy(test);
    return new Trained(accuracy, List.of());
  }

  /** Does so with weights chosen by what the layers compute with them. */
  Trained reconstructedWeights(LeNet net, int bits) throws Exception {
    return reconstructed(calibratedWeights(net, bits));
  }

  private Calibration<LeNet> calibratedWeights(LeNet net, int bits) {
    return calibrated(net, bits, Ste.CLIP).skip("*.x");
  }

  /**
   * Goes on training the net with its quantizers in place. Each epoch ends with a checkpoint, from
   * which a program that was stopped goes on when it is started again.
   */
  Trained qat(LeNet net, int bits, Ste ste) throws Exception {
    Files.createDirectories(checkpoints.folder());
    Path file = checkpoints.folder().resolve(name(bits, ste) + ".checkpoint");
    Training<LeNet> training = beginOrResume(net, bits, ste, file);
    List<Double> losses = new ArrayList<>();
    while (training.epoch() < length.qatEpochs()) {
      Training<LeNet> now = training;
      losses.add(epoch(now.epoch(), batch -> now.step(model -> model.learn(batch).loss())));
      now.beginEpoch(now.epoch() + 1);
      now.save(file);
      training = checkpoints.stopping() ? beginOrResume(net, bits, ste, file) : now;
    }
    Quantized<LeNet> quantized = training.freeze();
    Files.delete(file);
    return new Trained(quantized.model().accuracy(test), losses);
  }

  private Training<LeNet> beginOrResume(LeNet net, int bits, Ste ste, Path file) throws Exception {
    Adam adam = adam(qatSteps());
    return Files.exists(file)
        ? plan(net, bits, ste).resume(file, adam)
        : calibrated(net, bits, ste).train(adam);
  }

  /** All that the course of training depends on, so that no run takes another one's checkpoint. */
  private String name(int bits, Ste ste) {
    return String.format(
        Locale.ROOT,
        "%s-seed%d-%dx%d-%d-%d",
        Results.qat(bits, ste).replace(' ', '-'),
        seed,
        length.images(),
        length.qatEpochs(),
        length.floatEpochs(),
        digits.testSize());
  }

  private Calibration<LeNet> calibrated(LeNet net, int bits, Ste ste) {
    List<INDArray> images = digits.train(500, BATCH).stream().map(Digits.Batch::images).toList();
    return plan(net, bits, ste).calibrate(images, LeNet::forward);
  }

  private static Plan<LeNet> plan(LeNet net, int bits, Ste ste) {
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
    return plan;
  }

  private static Adam adam(int steps) {
    return new Adam(new CosineDecay(RATE, steps));
  }

  private List<Double> epochs(int count, ToDoubleFunction<Digits.Batch> step) {
    List<Double> losses = new ArrayList<>();
    for (int epoch = 0; epoch < count; epoch++) {
      losses.add(epoch(epoch, step));
    }
    return losses;
  }

  private double epoch(int number, ToDoubleFunction<Digits.Batch> step) {
    return digits.shuffled(length.images(), BATCH, 1000 * seed + number).stream()
        .mapToDouble(step)
        .average()
        .orElseThrow();
  }
}
