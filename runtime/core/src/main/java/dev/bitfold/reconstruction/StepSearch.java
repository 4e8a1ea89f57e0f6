package dev.bitfold.reconstruction;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Chooses the steps of a weight by the squared error of its elements, each weighted by the power of
 * its input channel: first the best of a range of clippings, then least squares for the codes that
 * follow.
 */
final class StepSearch {
  private static final int CLIPPINGS = 21;
  private static final double WIDEST = 1.15;
  private static final double CLIPPING_STEP = 0.03;
  private static final int REFINEMENTS = 3;

  private final WeightGrid grid;
  private final Weight weight;

  /** [group of channels][input]. */
  private final double[][] power;

  /**
   * Makes a search.
   *
   * @param power for each input of each group of channels
   */
  StepSearch(WeightGrid grid, double[][] power) {
    this.grid = grid;
    this.weight = grid.weight();
    this.power = power;
  }

  /** Returns the best steps for these rows, which have the shape of the weight's. */
  Steps of(float[][] rows) {
    int[][] members = members();
    Steps steps = new Steps(new float[weight.scales()], new int[weight.scales()]);
    boolean affine = weight.quantizer().descriptor().affine();
    IntStream.range(0, members.length)
        .parallel()
        .forEach(
            g -> {
              Group group = new Group(rows, members[g]);
              Choice best = affine ? group.affine() : group.symmetric();
              steps.size()[g] = best.step();
              steps.zeroPoint()[g] = best.zeroPoint();
            });
    return steps;
  }

  /** Returns the elements of each scale, by their index in the rows. */
  private int[][] members() {
    int[] count = new int[weight.scales()];
    for (int group : weight.groups()) {
      count[group]++;
    }
    int[][] members = new int[count.length][];
    for (int g = 0; g < count.length; g++) {
      members[g] = new int[count[g]];
    }
    Arrays.fill(count, 0);
    for (int i = 0; i < weight.groups().length; i++) {
      int group = weight.groups()[i];
      members[group][count[group]++] = i;
    }
    return members;
  }

  private record Choice(float step, int zeroPoint, double error) {
    static final Choice NONE = new Choice(1, 0, Double.POSITIVE_INFINITY);
  }

  /** The elements of one scale. */
  private final class Group {
    private final int[] members;
    private final float[] values;
    private final double[] importance;

    Group(float[][] rows, int[] members) {
      int in = weight.in();
      this.members = members;
      values = new float[members.length];
      importance = new double[members.length];
      for (int i = 0; i < members.length; i++) {
        values[i] = rows[members[i] / in][members[i] % in];
        importance[i] = power[weight.channelGroup(members[i] / in)][members[i] % in];
      }
    }

    Choice symmetric() {
      double amax = 0;
      for (float value : values) {
        amax = Math.max(amax, Math.abs(value));
      }
      Choice best = tried(amax / grid.largestNumber(), 0, Choice.NONE);
      for (int i = 0; i < CLIPPINGS && amax > 0; i++) {
        best = tried(amax * (WIDEST - i * CLIPPING_STEP) / grid.largestNumber(), 0, best);
      }
      return refined(best);
    }

    Choice affine() {
      IntFormat integers = weight.quantizer().descriptor().format().integers().orElseThrow();
      double low = 0;
      double high = 0;
      for (float value : values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      Choice best = Choice.NONE;
      for (int i = 0; i < CLIPPINGS && high > low; i++) {
        double clipping = WIDEST - i * CLIPPING_STEP;
        double step = (high - low) * clipping / (integers.max() - integers.min());
        double first = low + (1 - clipping) * (high - low) / 2;
        int middle = (int) Math.rint(integers.min() - first / step);
        for (int zeroPoint = middle - 1; zeroPoint <= middle + 1; zeroPoint++) {
          if (zeroPoint >= integers.min() && zeroPoint <= integers.max()) {
            best = tried(step, zeroPoint, best);
          }
        }
      }
      return refined(best);
    }

    private Choice refined(Choice first) {
      Choice best = first;
      for (int i = 0; i < REFINEMENTS; i++) {
        double codes = 0;
        double squares = 0;
        for (int k = 0; k < values.length; k++) {
          double number = number(k, best.step(), best.zeroPoint());
          codes += importance[k] * number * values[k];
          squares += importance[k] * number * number;
        }
        Choice next = squares > 0 ? tried(codes / squares, best.zeroPoint(), best) : best;
        if (next.error() >= best.error()) {
          break;
        }
        best = next;
      }
      return best;
    }

    private double number(int k, float step, int zeroPoint) {
      return grid.nearest(members[k], values[k] / (double) step, zeroPoint);
    }

    /** Returns a choice with this step if its error is less, or else the best so far. */
    private Choice tried(double size, int zeroPoint, Choice best) {
      float step = grid.step(size);
      if (!(step >= Float.MIN_NORMAL)) {
        return best;
      }
      double error = 0;
      for (int k = 0; k < values.length; k++) {
        double lost = values[k] - number(k, step, zeroPoint) * step;
        error += importance[k] * lost * lost;
      }
      return error < best.error() ? new Choice(step, zeroPoint, error) : best;
    }
  }
}
