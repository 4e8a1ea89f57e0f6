package dev.bitfold.descriptor;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Checks the rules about the amax, or the range, and where it is from. */
final class CalibrationRules {
  /** Takes what is wrong. */
  @FunctionalInterface
  interface Broken {
    void add(DescriptorRule rule, String message, String remedy);
  }

  private final QuantDescriptor.Builder d;
  private final Broken broken;

  private CalibrationRules(QuantDescriptor.Builder d, Broken broken) {
    this.d = d;
    this.broken = broken;
  }

  static void check(QuantDescriptor.Builder d, Broken broken) {
    new CalibrationRules(d, broken).calibration();
  }

  private boolean isInteger() {
    return DescriptorRules.format(d).flatMap(NumberFormat::integers).isPresent();
  }

  private void calibration() {
    if (!(d.percentile > 0 && d.percentile <= 100)) {
      broken.add(
          DescriptorRule.PERCENTILE_RANGE,
          "percentile = " + d.percentile,
          "a percentile is above 0 and at most 100");
    } else if (d.percentile != QuantDescriptor.Builder.DEFAULT_PERCENTILE
        && d.calib != Calib.PERCENTILE) {
      broken.add(
          DescriptorRule.PERCENTILE_UNUSED,
          "percentile = " + d.percentile + " with calib = " + d.calib,
          "add calib = PERCENTILE, or leave percentile out");
    }
    if (d.bins < 128 || d.bins > 65_536 || Integer.bitCount(d.bins) != 1) {
      broken.add(
          DescriptorRule.BINS_RANGE,
          "bins = " + d.bins,
          "the number of bins is a power of two from 128 to 65536");
    } else if (d.bins != QuantDescriptor.Builder.DEFAULT_BINS && !d.calib.usesBins()) {
      broken.add(
          DescriptorRule.BINS_UNUSED,
          "bins = " + d.bins + " with calib = " + d.calib,
          "add calib = PERCENTILE, MSE or ENTROPY, or leave bins out");
    }
    boolean globalScale = d.scaleFormat().equals(Optional.of(ScaleFormat.E4M3));
    if (d.dynamic && d.calib != Calib.MAX && !globalScale) {
      broken.add(
          DescriptorRule.CALIB_AND_DYNAMIC,
          "calib = " + d.calib + " with dynamic = true",
          "a dynamic scale comes from each tensor: leave one of the two out");
    }
    if (!d.dynamic || globalScale) {
      method(globalScale && d.dynamic);
    }
    for (int i = 0; i < d.amax.size(); i++) {
      float amax = d.amax.get(i);
      if (!(amax >= 0) || Float.isInfinite(amax)) {
        broken.add(
            DescriptorRule.AMAX_VALUE,
            "amax = " + DescriptorRules.asFloat(d.givenAmax.get(i)),
            "an amax is finite and not negative");
      }
    }
    if (globalScale && d.amax.size() > 1) {
      broken.add(
          DescriptorRule.AMAX_VALUE,
          "amax = " + d.amax + " with scaleBits = {4, 3}",
          "it is the amax of the whole tensor: give one number");
    }
    if (d.dynamic && !d.amax.isEmpty() && !globalScale) {
      broken.add(
          DescriptorRule.AMAX_AND_DYNAMIC,
          "amax = " + d.amax + " with dynamic = true",
          "a dynamic scale comes from each tensor: leave one of the two out");
    }
    if (d.affine) {
      affine();
    }
  }

  private void affine() {
    List<String> others = new ArrayList<>();
    if (d.format != Format.BITS) {
      others.add("format = " + d.format);
    } else if (d.bits.size() == 2) {
      others.add("a float format");
    }
    if (!d.scaleBits.isEmpty()) {
      others.add("scaleBits = " + d.scaleBits);
    }
    if (!d.scaleBlockSizes.isEmpty()) {
      others.add("scaleBlockSizes");
    }
    if (!d.amax.isEmpty()) {
      others.add("amax = " + d.amax);
    }
    if (d.narrowRange) {
      others.add("narrowRange = true");
    }
    if (d.learnAmax) {
      others.add("learnAmax = true");
    }
    if (!others.isEmpty()) {
      broken.add(
          DescriptorRule.AFFINE,
          "affine = true with " + String.join(" and ", others),
          "an affine quantizer needs an integer format and a range from the data: leave affine or "
              + (others.size() == 1 ? "the other" : "the others")
              + " out");
    }
  }

  /** Dynamic blocks under a global scale calibrate that: the amax of the whole tensor. */
  private void method(boolean globalOnly) {
    if (d.affine && (d.calib == Calib.MSE || d.calib == Calib.ENTROPY)) {
      broken.add(
          DescriptorRule.CALIB_METHOD,
          "calib = " + d.calib + " with affine = true",
          "the range of an affine quantizer is found by MAX, PERCENTILE or MOVING_AVERAGE: use one of"
              + " these");
    } else if (d.calib == Calib.ENTROPY && !isInteger()) {
      broken.add(
          DescriptorRule.CALIB_METHOD,
          "calib = ENTROPY with a float format",
          "ENTROPY compares histograms of integer codes: use MAX, PERCENTILE or MSE");
    } else if (!d.blockSizes.isEmpty() && d.calib != Calib.MAX && !globalOnly) {
      broken.add(
          DescriptorRule.CALIB_METHOD,
          "calib = " + d.calib + " with blockSizes",
          "the amax of a block is its largest value: leave calib out");
    }
  }
}
