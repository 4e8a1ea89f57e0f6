package dev.bitfold.it.training;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.Training;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.it.layers.Arrays;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/**
 * A training that is the same in every process.
 *
 * @param name unique, and fit for a file's name
 * @param weight of both weights
 * @param input of both inputs
 * @param smoothed whether SmoothQuant is run
 */
record Run(
    String name,
    QuantDescriptor weight,
    QuantDescriptor input,
    IUpdater updater,
    IUpdater scales,
    boolean smoothed) {
  private static final int IN = 12;
  private static final int HIDDEN = 20;
  private static final int OUT = 5;

  static Net net(long seed) {
    return new Net(
        Dense.random(seed, IN, HIDDEN),
        new Gain(Arrays.normal(7, HIDDEN).muli(0.2).addi(1), Arrays.normal(8, HIDDEN).muli(0.1)),
        Dense.random(seed + 1, HIDDEN, OUT));
  }

  static INDArray batch(int step) {
    return Arrays.normal(100 + step, 16, IN);
  }

  static INDArray target(int step) {
    return Arrays.normal(500 + step, 16, OUT).muli(0.5);
  }

  Plan<Net> plan(Net net) {
    return NetQuantizer.of(net)
        .describe("fc.weight", weight)
        .describe("head.weight", weight)
        .describe("fc.x", input)
        .describe("head.x", input);
  }

  Training<Net> begin() {
    Calibration<Net> calibration =
        plan(net(1)).calibrate(IntStream.range(0, 4).mapToObj(Run::batch).toList(), Net::forward);
    return (smoothed ? calibration.smoothQuant() : calibration).train(updater, scales);
  }

  /** The float weights of the net do not matter: those in training are in the checkpoint. */
  Training<Net> resume(Path file) throws IOException {
    return plan(net(40)).resume(file, updater, scales);
  }

  /** So many steps; each epoch has two. */
  static void steps(Training<Net> training, int count) {
    for (int i = 0; i < count; i++) {
      int step = training.steps();
      training.beginEpoch(step / 2);
      training.step(net -> net.learn(batch(step), target(step)));
    }
  }

  static QuantDescriptor.Builder bits(int bits) {
    return QuantDescriptor.builder().bits(bits);
  }

  static QuantDescriptor.Builder bits(int exponent, int mantissa) {
    return QuantDescriptor.builder().bits(exponent, mantissa);
  }

  private static List<IUpdater> updaters() {
    return List.of(
        new Adam(1e-2),
        new AdaMax(1e-2),
        new Nadam(1e-2),
        new AMSGrad(1e-2),
        new AdaDelta(),
        new AdaGrad(1e-2),
        new Nesterovs(1e-2, 0.9),
        new RmsProp(1e-3),
        new Sgd(1e-2),
        new NoOp());
  }

  /**
   * Every updater that ND4J can make, every format and kind of scale with every estimator that it
   * takes.
   */
  static List<Run> all() {
    List<Run> runs = new ArrayList<>();
    QuantDescriptor learned = bits(4).per("O").calib(Calib.MSE).ste(Ste.LSQ).build();
    QuantDescriptor input = bits(4).calib(Calib.MSE).ste(Ste.LSQ).build();
    for (IUpdater updater : updaters()) {
      String name = updater.getClass().getSimpleName();
      runs.add(new Run(name, learned, input, updater, new Adam(1e-3), false));
    }
    IUpdater adam = new Adam(1e-2);
    Adam falling = new Adam(new ExponentialSchedule(ScheduleType.EPOCH, 1e-2, 0.5));
    runs.add(new Run("two updaters", learned, input, falling, new Sgd(1e-3), false));
    runs.add(new Run("smoothed", learned, input, adam, adam, true));
    for (QuantDescriptor format : formats()) {
      for (Ste ste : Ste.values()) {
        for (Calib calib : List.of(Calib.MAX, Calib.MSE)) {
          QuantDescriptor.Builder weight = format.toBuilder().ste(ste).calib(calib);
          if (weight.problems().isEmpty() && isTrainable(weight.build())) {
            String name = (runs.size() + " " + format + " " + ste + " " + calib);
            String safe = name.replaceAll("[^A-Za-z0-9 ]", "_");
            QuantDescriptor eight = bits(8).ste(ste).build();
            runs.add(new Run(safe, weight.build(), eight, adam, new Sgd(1e-4), false));
          }
        }
      }
    }
    return runs;
  }

  private static List<QuantDescriptor> formats() {
    BlockSize rows = BlockSize.axis(0, 4);
    return List.of(
        bits(8).build(),
        bits(3).per("O").build(),
        bits(4).blockSizes(rows).build(),
        bits(4).affine(true).build(),
        bits(4).affine(true).per("O").build(),
        bits(4).dynamic(true).build(),
        bits(4).learnAmax(true).build(),
        bits(4, 3).build(),
        bits(5, 2).per("O").build(),
        bits(2, 1).blockSizes(rows).scaleBits(4, 3).build(),
        bits(2, 1).blockSizes(rows).scaleBits(8, 0).build(),
        QuantDescriptor.builder().format(Format.NF4).blockSizes(rows).build());
  }

  /** As docs/training.md says it. */
  private static boolean isTrainable(QuantDescriptor d) {
    boolean learned = d.learnAmax() || d.ste() == Ste.LSQ || d.ste() == Ste.PACT;
    boolean integers = d.format().integers().isPresent();
    return !learned
        || (!d.affine()
            && !d.dynamic()
            && (integers || d.ste() != Ste.LSQ)
            && d.scaleFormat() == ScaleFormat.FLOAT32);
  }
}
