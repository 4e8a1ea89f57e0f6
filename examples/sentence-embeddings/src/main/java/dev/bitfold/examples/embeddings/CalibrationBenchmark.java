package dev.bitfold.examples.embeddings;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import dev.bitfold.examples.embeddings.model.MiniLmQuantizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What calibrating costs: each batch goes through the model as it is and through the one that the
 * runtime watches, in turns, so that whatever else the machine does meets both.
 */
final class CalibrationBenchmark {
  private final MiniLm model;
  private final List<Batch> batches;
  private long floats;
  private long watched;
  private boolean floatFirst;
  private Optional<MiniLm> calibrated = Optional.empty();

  CalibrationBenchmark(MiniLm model, List<Batch> batches) {
    this.model = model;
    this.batches = batches;
  }

  /** The time of a watched pass over that of a float pass; the median of so many rounds. */
  double ratio(Calib calib, int rounds) {
    Recipe recipe =
        Recipe.of("inputs by " + calib)
            .with(Role.INPUT, QuantDescriptor.builder().bits(8).calib(calib).build());
    Plan<MiniLm> plan = MiniLmQuantizer.of(model).using(recipe);
    double[] ratios = new double[rounds];
    for (int i = -1; i < rounds; i++) {
      floats = 0;
      watched = 0;
      calibrated = Optional.empty();
      plan.calibrate(batches, this::both);
      if (i >= 0) {
        ratios[i] = (double) watched / floats;
      }
    }
    Arrays.sort(ratios);
    return ratios[rounds / 2];
  }

  /** The time that {@code freeze} takes over that of {@code calibrate}; the median of so many. */
  double freezing(int rounds) {
    Plan<MiniLm> plan = MiniLmQuantizer.of(model).using(Recipe.INT8);
    double[] ratios = new double[rounds];
    for (int i = -1; i < rounds; i++) {
      long start = System.nanoTime();
      Calibration<MiniLm> calibration = plan.calibrate(batches, MiniLm::forward);
      long middle = System.nanoTime();
      calibration.freeze();
      if (i >= 0) {
        ratios[i] = (double) (System.nanoTime() - middle) / (middle - start);
      }
    }
    Arrays.sort(ratios);
    return ratios[rounds / 2];
  }

  private INDArray both(MiniLm observed, Batch batch) {
    if (observed != model && calibrated.isEmpty()) {
      calibrated = Optional.of(observed);
    }
    if (calibrated.isEmpty() || observed != calibrated.get()) {
      return observed.forward(batch); // the runtime compares the first batch
    }
    floatFirst = !floatFirst;
    if (floatFirst) {
      time(model, batch, true);
    }
    INDArray output = time(observed, batch, false);
    if (!floatFirst) {
      time(model, batch, true);
    }
    return output;
  }

  private INDArray time(MiniLm which, Batch batch, boolean isFloat) {
    long start = System.nanoTime();
    INDArray output = which.forward(batch);
    long time = System.nanoTime() - start;
    if (isFloat) {
      floats += time;
    } else {
      watched += time;
    }
    return output;
  }
}
