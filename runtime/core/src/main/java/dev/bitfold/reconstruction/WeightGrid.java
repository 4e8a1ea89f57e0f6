package dev.bitfold.reconstruction;

import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.quantizer.Quantizer;
import java.util.Arrays;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Knows the numbers and steps that a weight may have. Where a quantizer computes the step from the
 * largest element, that element keeps its place at the end of the numbers, so that the quantizer
 * finds the same step again.
 */
final class WeightGrid {
  private final Weight weight;
  private final Lattice lattice;
  private final StepRule rule;

  /** For each scale, its largest element in the rows; empty if steps can be given. */
  private final int[] largest;

  WeightGrid(Weight weight, ScalePrecision precision) {
    this.weight = weight;
    this.rule = StepRule.of(weight, precision);
    Lattice all = Lattice.of(weight.quantizer().descriptor());
    this.lattice = rule.least() > 0 ? all.symmetric() : all;
    this.largest = rule.least() > 0 ? largest() : new int[0];
  }

  private int[] largest() {
    int[] of = new int[weight.scales()];
    Arrays.fill(of, -1);
    for (int element = 0; element < weight.groups().length; element++) {
      int group = weight.groups()[element];
      if (value(element) != 0
          && (of[group] < 0 || Math.abs(value(element)) > Math.abs(value(of[group])))) {
        of[group] = element;
      }
    }
    return of;
  }

  private float value(int element) {
    return weight.rows()[element / weight.in()][element % weight.in()];
  }

  Weight weight() {
    return weight;
  }

  /** Returns the largest number. */
  double largestNumber() {
    return lattice.largest();
  }

  /** Returns whether steps follow from the weight, and cannot be given. */
  boolean isOwn() {
    return rule.least() > 0;
  }

  /** Returns the nearest step. */
  float step(double step) {
    return rule.nearest(step);
  }

  /**
   * Returns the number nearest to a value.
   *
   * @param element the element of the rows, in c order
   * @param value in steps
   */
  double nearest(int element, double value, int zeroPoint) {
    double number = lattice.nearest(value, zeroPoint);
    boolean isLargest = largest.length > 0 && largest[weight.groups()[element]] == element;
    return isLargest
        ? Math.copySign(Math.max(Math.abs(number), rule.least()), value(element))
        : number;
  }

  /** Returns the quantizer of the weight with these steps. */
  Quantizer quantizer(Steps steps) {
    Quantizer open = weight.quantizer();
    return scale(steps).map(scale -> scale.fix(open)).orElse(open);
  }

  /** Returns what gives the quantizer these steps; empty if they follow from the weight alone. */
  Optional<CalibratedScale> scale(Steps steps) {
    return rule.scale(steps, weight.scaleShape());
  }

  /**
   * Returns the weight that a quantizer makes of rows, in its own arithmetic; empty if it would
   * change that weight once more, so that a frozen model would hold another one.
   */
  Optional<INDArray> rounded(Steps steps, float[][] rows) {
    Quantizer quantizer = quantizer(steps);
    INDArray once = quantizer.quantize(weight.array(rows));
    return once.equals(quantizer.quantize(once)) ? Optional.of(once) : Optional.empty();
  }
}
