package dev.bitfold.descriptor;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The values of a descriptor by the names of {@code @Quantize}'s elements, valid or not; at first
 * the defaults. A builder changes its own; those of a descriptor stay as they are.
 */
class DescriptorValues {
  static final List<Integer> DEFAULT_BITS = List.of(8);
  static final double DEFAULT_PERCENTILE = 99.99;
  static final int DEFAULT_BINS = 2048;

  List<Integer> bits = DEFAULT_BITS;
  Format format = Format.BITS;
  List<Integer> axis = List.of();
  String per = "";
  List<BlockSize> blockSizes = List.of();
  boolean dynamic;
  Calib calib = Calib.MAX;
  double percentile = DEFAULT_PERCENTILE;
  int bins = DEFAULT_BINS;
  List<Integer> scaleBits = List.of();
  List<BlockSize> scaleBlockSizes = List.of();
  ScaleRule scaleRule = ScaleRule.FLOOR;
  Rounding rounding = Rounding.HALF_EVEN;
  boolean unsigned;
  boolean narrowRange;
  boolean affine;
  List<Float> amax = List.of();
  List<Double> givenAmax = List.of(); // For messages: what float32 cannot hold.
  float scaleAmax = 1;
  double givenScaleAmax = 1;
  boolean learnAmax;
  Ste ste = Ste.CLIP;
  boolean fakeQuant = true;
  String name = "";

  DescriptorValues() {}

  /** Copies all values. */
  DescriptorValues(DescriptorValues other) {
    this.bits = other.bits;
    this.format = other.format;
    this.axis = other.axis;
    this.per = other.per;
    this.blockSizes = other.blockSizes;
    this.dynamic = other.dynamic;
    this.calib = other.calib;
    this.percentile = other.percentile;
    this.bins = other.bins;
    this.scaleBits = other.scaleBits;
    this.scaleBlockSizes = other.scaleBlockSizes;
    this.scaleRule = other.scaleRule;
    this.rounding = other.rounding;
    this.unsigned = other.unsigned;
    this.narrowRange = other.narrowRange;
    this.affine = other.affine;
    this.amax = other.amax;
    this.givenAmax = other.givenAmax;
    this.scaleAmax = other.scaleAmax;
    this.givenScaleAmax = other.givenScaleAmax;
    this.learnAmax = other.learnAmax;
    this.ste = other.ste;
    this.fakeQuant = other.fakeQuant;
    this.name = other.name;
  }

  /** The format of the scales; empty if there is none of these {@code scaleBits}. */
  final Optional<ScaleFormat> scaleFormat() {
    return scaleBits.isEmpty() && !scaleBlockSizes.isEmpty()
        ? Optional.of(ScaleFormat.INT8)
        : ScaleFormat.ofBits(scaleBits);
  }

  /** Returns what makes two descriptors equal. */
  final List<Object> key() {
    return List.of(
        bits,
        format,
        axis,
        per,
        blockSizes,
        dynamic,
        calib,
        percentile,
        bins,
        scaleBits,
        scaleBlockSizes,
        scaleRule,
        rounding,
        unsigned,
        narrowRange,
        affine,
        amax,
        scaleAmax,
        learnAmax,
        ste,
        fakeQuant,
        name);
  }

  static List<Integer> integers(int... values) {
    return Arrays.stream(values).boxed().toList();
  }
}
