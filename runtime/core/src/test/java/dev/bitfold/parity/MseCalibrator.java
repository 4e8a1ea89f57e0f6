package dev.bitfold.parity;

import dev.bitfold.calibration.Batch;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Observed;
import dev.bitfold.calibration.ObservedCalibrator;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tries multiples of a known amax on the data itself and takes the one with the smallest sum of
 * squared errors, for each scale on its own; of equals the smallest. The sums are in double; merged
 * ones are equal up to their rounding. Source: ModelOpt's MseCalibrator in calib/mse.py.
 */
public final class MseCalibrator extends ObservedCalibrator<MseCalibrator> {
  private final float[] multipliers;
  private final float[] initial;
  private final long[] shape;
  private final double[][] errors;

  private MseCalibrator(
      Quantizer quantizer, NonFinite policy, INDArray initial, float[] multipliers) {
    super(
        quantizer,
        policy,
        "MSE calibrator of "
            + multipliers.length
            + " multiples from "
            + multipliers[0]
            + " to "
            + multipliers[multipliers.length - 1]);
    this.multipliers = multipliers;
    this.initial = Batch.floats(initial);
    this.shape = initial.shape();
    this.errors = new double[multipliers.length][this.initial.length];
  }

  /**
   * A calibrator.
   *
   * @param initialAmax finite and not negative, shaped as the amax of the descriptor's granularity
   * @param start the smallest multiplier, above 0
   * @param stop the largest, at least {@code start}
   * @param step about from one to the next: there are {@code ceil((stop - start) / step) + 1},
   *     evenly spaced
   * @throws IllegalArgumentException if an argument is out of range
   */
  public static MseCalibrator of(
      QuantDescriptor descriptor,
      Layout layout,
      INDArray initialAmax,
      double start,
      double stop,
      double step) {
    Objects.requireNonNull(descriptor, "descriptor");
    Objects.requireNonNull(layout, "layout");
    Objects.requireNonNull(initialAmax, "initialAmax");
    if (!(start > 0 && stop >= start && step > 0 && (stop - start) / step < 10_000)) {
      throw new IllegalArgumentException(
          "multipliers from " + start + " to " + stop + " by " + step);
    }
    Quantizer quantizer = Quantizer.of(descriptor, layout);
    quantizer.withAmax(initialAmax);
    float[] multipliers =
        multipliers((float) start, (float) stop, (int) Math.ceil((stop - start) / step) + 1);
    return new MseCalibrator(quantizer, NonFinite.REFUSE, initialAmax, multipliers);
  }

  // torch.linspace in float32, from both ends.
  private static float[] multipliers(float start, float stop, int count) {
    float[] values = new float[count];
    float step = count == 1 ? 0 : (stop - start) / (count - 1);
    for (int i = 0; i < count; i++) {
      values[i] = i < count / 2 || count == 1 ? start + step * i : stop - step * (count - 1 - i);
    }
    return values;
  }

  /** The multipliers, ascending, [n] float32. */
  public INDArray multipliers() {
    return Nd4j.createFromArray(multipliers.clone());
  }

  @Override
  protected Runnable statistics(Batch batch) {
    List<INDArray> candidates = new ArrayList<>();
    for (float multiplier : multipliers) {
      candidates.add(times(multiplier));
    }
    double[][] sums = quantizer().squaredErrors(batch.dense(), candidates);
    return () -> add(sums);
  }

  private void add(double[][] sums) {
    for (int m = 0; m < errors.length; m++) {
      for (int g = 0; g < initial.length; g++) {
        errors[m][g] += sums[m][g];
      }
    }
  }

  private INDArray times(float multiplier) {
    float[] values = new float[initial.length];
    for (int g = 0; g < values.length; g++) {
      values[g] = initial[g] * multiplier;
    }
    return shape.length == 0 ? Nd4j.scalar(values[0]) : Nd4j.create(values, shape, 'c');
  }

  @Override
  public synchronized INDArray amax() {
    float[] amax = new float[initial.length];
    for (int g = 0; g < amax.length; g++) {
      int best = 0;
      for (int m = 1; m < errors.length; m++) {
        if (errors[m][g] < errors[best][g]) {
          best = m;
        }
      }
      amax[g] = initial[g] * multipliers[best];
    }
    return array(amax);
  }

  @Override
  protected MseCalibrator empty() {
    return new MseCalibrator(quantizer(), policy(), times(1), multipliers);
  }

  @Override
  protected void add(MseCalibrator other) {
    if (!Arrays.equals(initial, other.initial)) {
      throw new IllegalArgumentException("cannot merge MSE calibrators of another initial amax");
    }
    add(other.errors);
  }

  @Override
  protected void writeStatistics(DataOutput out) throws IOException {
    Observed.writeFloats(out, initial);
    for (double[] sums : errors) {
      for (double sum : sums) {
        out.writeDouble(sum);
      }
    }
  }

  @Override
  protected void readStatistics(DataInput in, Observed read) throws IOException {
    if (!read.isEmpty() && !Arrays.equals(initial, read.readFloats(in))) {
      throw new IOException("the statistics of an MSE calibrator of another initial amax");
    }
    for (double[] sums : errors) {
      for (int g = 0; g < sums.length; g++) {
        sums[g] = in.readDouble();
      }
    }
  }
}
