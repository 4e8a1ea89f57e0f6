package dev.bitfold.reconstruction;

import java.util.Comparator;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Holds the numbers of a weight's format that stand for its elements, and their steps. Methods that
 * change them run on all cores, an output channel at a time, and give the same on any number.
 */
final class Codes {
  /** The sweeps after which steps are refitted; later they hardly change. */
  private static final int REFITS = 3;

  private final WeightGrid grid;
  private final Weight weight;
  private final Steps steps;

  /** In units of the step, [output][input]. */
  private final double[][] numbers;

  private Codes(WeightGrid grid, Steps steps) {
    this.grid = grid;
    this.weight = grid.weight();
    this.steps = steps;
    this.numbers = new double[weight.out()][weight.in()];
  }

  /** Returns the nearest numbers to these rows. */
  static Codes nearest(WeightGrid grid, float[][] rows, Steps steps) {
    Weight weight = grid.weight();
    Codes codes = new Codes(grid, steps);
    IntStream.range(0, weight.out())
        .parallel()
        .forEach(
            o -> {
              for (int i = 0; i < weight.in(); i++) {
                codes.numbers[o][i] = codes.nearest(o, i, rows[o][i]);
              }
            });
    return codes;
  }

  /**
   * Returns the numbers that GPTQ chooses: channel after channel is rounded, and what is lost is
   * made up for by the channels that are still to come (Frantar et al. 2023).
   */
  static Codes gptq(WeightGrid grid, float[][] rows, Steps steps, Factor factor) {
    Weight weight = grid.weight();
    Codes codes = new Codes(grid, steps);
    int in = weight.in();
    IntStream.range(0, weight.out())
        .parallel()
        .forEach(
            o -> {
              int channels = weight.channelGroup(o);
              int[] order = factor.order(channels);
              float[][] upper = factor.upper(channels);
              float[] left = new float[in];
              for (int place = 0; place < in; place++) {
                left[place] = rows[o][order[place]];
              }
              for (int place = 0; place < in; place++) {
                int channel = order[place];
                double number = codes.nearest(o, channel, left[place]);
                codes.numbers[o][channel] = number;
                float[] row = upper[place];
                float lost = (float) ((left[place] - number * codes.step(o, channel)) / row[place]);
                for (int later = place + 1; later < in; later++) {
                  left[later] -= lost * row[later];
                }
              }
            });
    return codes;
  }

  private int group(int output, int input) {
    return weight.groups()[output * weight.in() + input];
  }

  private double step(int output, int input) {
    return steps.size()[group(output, input)];
  }

  private double nearest(int output, int input, double value) {
    int group = group(output, input);
    return grid.nearest(
        output * weight.in() + input, value / steps.size()[group], steps.zeroPoint()[group]);
  }

  Steps steps() {
    return steps;
  }

  /** Returns the weights that the numbers stand for. */
  float[][] rows() {
    float[][] rows = new float[weight.out()][weight.in()];
    for (int o = 0; o < rows.length; o++) {
      for (int i = 0; i < rows[o].length; i++) {
        rows[o][i] = (float) (numbers[o][i] * step(o, i));
      }
    }
    return rows;
  }

  /**
   * Lowers the layer's squared error by changing one number at a time, and after each sweep the
   * steps, as long as that helps. It never rises.
   *
   * @param target the weights to come near to
   * @param sweeps the largest number of sweeps
   */
  Codes descended(float[][] target, Products products, int sweeps) {
    Codes better = new Codes(grid, steps.copy());
    int in = weight.in();
    float[][] ofTarget = products.timesHessian(target);
    float[][] ofCodes = products.timesHessian(rows());
    boolean ownSteps = stepsOfOneRow();
    IntStream.range(0, weight.out())
        .parallel()
        .forEach(
            o -> {
              better.numbers[o] = numbers[o].clone();
              double[] gradient = new double[in];
              double[] constant = new double[in];
              for (int i = 0; i < in; i++) {
                constant[i] = ofTarget[o][i];
                gradient[i] = ofCodes[o][i] - constant[i];
              }
              double[] hessian = products.hessian(weight.channelGroup(o));
              better.new Row(o, gradient, constant, hessian).descend(sweeps, ownSteps);
            });
    return better;
  }

  /** Returns whether no scale is shared by several output channels. */
  private boolean stepsOfOneRow() {
    int[] owner = new int[weight.scales()];
    for (int o = 0; o < weight.out(); o++) {
      for (int i = 0; i < weight.in(); i++) {
        int group = group(o, i);
        if (owner[group] != 0 && owner[group] != o + 1) {
          return false;
        }
        owner[group] = o + 1;
      }
    }
    return true;
  }

  /** One output channel during descent. */
  private final class Row {
    private final int output;
    private final double[] number;

    /** Half the derivative of the squared error by each weight. */
    private final double[] gradient;

    /** The part of the gradient that does not change, with the other sign. */
    private final double[] constant;

    private final double[] hessian;

    Row(int output, double[] gradient, double[] constant, double[] hessian) {
      this.output = output;
      this.number = numbers[output];
      this.gradient = gradient;
      this.constant = constant;
      this.hessian = hessian;
    }

    void descend(int sweeps, boolean refitted) {
      int[][] byStep = refitted ? byStep() : new int[0][];
      boolean moved = true;
      for (int sweep = 0; sweep < sweeps && moved; sweep++) {
        moved = false;
        for (int i = 0; i < number.length; i++) {
          moved |= move(i);
        }
        for (int[] members : byStep) {
          moved |= sweep < REFITS && (byStep.length == 1 ? refitAll() : refit(members));
        }
      }
    }

    private boolean move(int i) {
      double curvature = hessian[i * number.length + i];
      if (!(curvature > 0)) {
        return false;
      }
      double step = step(output, i);
      double next = nearest(output, i, number[i] * step - gradient[i] / curvature);
      double change = (next - number[i]) * step;
      if (change == 0 || change * (2 * gradient[i] + change * curvature) >= 0) {
        return false;
      }
      number[i] = next;
      add(change, i);
      return true;
    }

    private void add(double change, int i) {
      int from = i * number.length;
      for (int j = 0; j < gradient.length; j++) {
        gradient[j] += change * hessian[from + j];
      }
    }

    /** Returns the channels of each step, in order. */
    private int[][] byStep() {
      return IntStream.range(0, number.length)
          .boxed()
          .collect(Collectors.groupingBy(i -> group(output, i), TreeMap::new, Collectors.toList()))
          .values()
          .stream()
          .map(list -> list.stream().sorted(Comparator.naturalOrder()).mapToInt(i -> i).toArray())
          .toArray(int[][]::new);
    }

    /** Gives all channels the step that is best for their numbers. */
    private boolean refitAll() {
      double old = step(output, 0);
      double slope = 0;
      double curvature = 0;
      for (int i = 0; i < number.length; i++) {
        slope += number[i] * gradient[i];
        curvature += number[i] * (gradient[i] + constant[i]) / old;
      }
      double change = change(group(output, 0), slope, curvature);
      for (int i = 0; i < number.length && change != 0; i++) {
        gradient[i] += change * ((gradient[i] + constant[i]) / old);
      }
      return change != 0;
    }

    /** Gives some channels the step that is best for their numbers. */
    private boolean refit(int[] members) {
      double slope = 0;
      double curvature = 0;
      for (int i : members) {
        slope += number[i] * gradient[i];
        double product = 0;
        for (int j : members) {
          product += hessian[i * number.length + j] * number[j];
        }
        curvature += number[i] * product;
      }
      double change = change(group(output, members[0]), slope, curvature);
      for (int i : members) {
        if (change * number[i] != 0) {
          add(change * number[i], i);
        }
      }
      return change != 0;
    }

    /** Sets the best step, if it is better, and returns how much it has changed. */
    private double change(int group, double slope, double curvature) {
      float old = steps.size()[group];
      float next = curvature > 0 ? grid.step(old - slope / curvature) : old;
      double change = (double) next - old;
      if (!(next >= Float.MIN_NORMAL) || change * (2 * slope + change * curvature) >= 0) {
        return 0;
      }
      steps.size()[group] = next;
      return change;
    }
  }
}
