package dev.bitfold.tuning;

import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the effect of a bias on its layer's output. About half of the bias's values are raised by
 * one step, and the float layer runs again. If the bias is added to the output, the raised channels
 * increase by that step, and the other channels stay the same. This holds along only one axis.
 * Therefore, the axis of the output channels need not be declared, and the bias of the output can
 * be distinguished from a bias inside the layer. Safe for concurrent use.
 */
final class BiasProbe {
  /** The largest difference between an output and the expected one, in steps. */
  private static final double TOLERANCE = 0.01;

  private static final long SEED = 19_470_328;

  /** Names the effects of a bias. */
  enum Effect {
    /** The bias is added to the output, each value to one channel. */
    ADDED,
    /** Each value moves one channel by less than the value, because an activation follows. */
    MOVES_CHANNELS,
    /** The bias has another effect or none. */
    OTHER
  }

  private final TensorSite bias;
  private final float step;
  private final boolean[] raised;
  private final Map<Integer, List<Fit>> byRank = new HashMap<>();

  /**
   * Makes a probe.
   *
   * @param bias the bias
   * @param length the number of the bias's values
   * @param largest the largest output of the layer, which is the size of the step
   */
  BiasProbe(TensorSite bias, int length, float largest) {
    this.bias = bias;
    this.step = largest > 0 ? largest : 1;
    this.raised = new boolean[length];
    SplittableRandom random = new SplittableRandom(SEED + length);
    for (int c = 0; c < length; c++) {
      raised[c] = random.nextBoolean();
    }
    // Both kinds occur, or the wrong axis of a square output would do as well.
    raised[0] = true;
    raised[length - 1] = length == 1;
  }

  TensorSite bias() {
    return bias;
  }

  int channels() {
    return raised.length;
  }

  /** Returns the bias with some values raised. */
  INDArray raised(INDArray held) {
    float[] values = DenseFloats.of(held, "a bias").copy();
    for (int c = 0; c < values.length; c++) {
      values[c] += raised[c] ? step : 0;
    }
    return DenseFloats.array(values, held.shape());
  }

  /** Compares the outputs of one call without and with the raised bias. */
  synchronized void observe(INDArray expected, INDArray actual) {
    float[] x = DenseFloats.of(expected, "a layer's output").copy();
    float[] y = DenseFloats.of(actual, "a layer's output").copy();
    long[] shape = expected.shape();
    for (Fit fit : byRank.computeIfAbsent(shape.length, rank -> fits(shape))) {
      fit.observe(x, y, shape);
    }
  }

  /** Returns a fit for each axis that may be that of the channels. */
  private List<Fit> fits(long[] shape) {
    List<Fit> fits = new ArrayList<>();
    for (int axis = 0; axis < shape.length; axis++) {
      if (shape[axis] == raised.length) {
        fits.add(new Fit(axis));
      }
    }
    if (fits.isEmpty() && raised.length == 1) {
      fits.add(new Fit(-1));
    }
    return fits;
  }

  /** Returns whether the layer was called. */
  synchronized boolean isObserved() {
    return !byRank.isEmpty();
  }

  /** Returns the effect of the bias according to the observed calls. */
  synchronized Effect effect() {
    Effect worst = Effect.ADDED;
    for (List<Fit> fits : byRank.values()) {
      Effect best = Effect.OTHER;
      for (Fit fit : fits) {
        best = fit.effect().compareTo(best) < 0 ? fit.effect() : best;
      }
      worst = best.compareTo(worst) > 0 ? best : worst;
    }
    return isObserved() ? worst : Effect.OTHER;
  }

  /**
   * Returns the channels of an output.
   *
   * @param shape the shape of an observed output
   * @throws IllegalStateException if the bias has another effect
   */
  synchronized OutputChannels channels(long... shape) {
    for (Effect wanted : new Effect[] {Effect.ADDED, Effect.MOVES_CHANNELS}) {
      for (Fit fit : byRank.getOrDefault(shape.length, List.of())) {
        if (fit.effect() == wanted) {
          return OutputChannels.along(fit.axis, shape);
        }
      }
    }
    throw new IllegalStateException(bias.path() + " moves no channels of its layer's output");
  }

  /** Measures how well the outputs fit channels along one axis. */
  private final class Fit {
    private final int axis;
    private boolean added = true;
    private boolean apart = true;
    private double moved;
    private long raisedElements;

    Fit(int axis) {
      this.axis = axis;
    }

    void observe(float[] expected, float[] actual, long[] shape) {
      if (axis >= 0 && shape[axis] != raised.length) {
        added = false;
        apart = false;
        return;
      }
      OutputChannels channels = OutputChannels.along(axis, shape);
      for (int i = 0; i < expected.length; i++) {
        boolean up = raised[channels.of(i)];
        double steps = ((double) actual[i] - expected[i]) / step;
        added &= Math.abs(steps - (up ? 1 : 0)) <= TOLERANCE;
        apart &= up || Math.abs(steps) <= TOLERANCE;
        moved += up ? steps : 0;
        raisedElements += up ? 1 : 0;
      }
    }

    Effect effect() {
      if (added) {
        return Effect.ADDED;
      }
      double slope = moved / raisedElements;
      return apart && slope > TOLERANCE && slope <= 1 + TOLERANCE
          ? Effect.MOVES_CHANNELS
          : Effect.OTHER;
    }
  }
}
