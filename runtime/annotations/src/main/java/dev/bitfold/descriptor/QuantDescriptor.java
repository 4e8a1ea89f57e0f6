package dev.bitfold.descriptor;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Format;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Describes how one tensor is quantized, as a {@link Quantize} does, in an immutable value. Every
 * descriptor keeps the rules of {@link DescriptorRule} that need no tensor; {@link #problems(Role,
 * Layout)} checks the rest.
 *
 * <p>The accessors are the elements of {@link Quantize} and mean the same.
 */
public final class QuantDescriptor {
  private final Builder values;
  private final NumberFormat format;
  private final ScaleFormat scaleFormat;

  private QuantDescriptor(Builder values) {
    this.values = values;
    this.format = DescriptorRules.format(values).orElseThrow();
    this.scaleFormat = values.scaleFormat().orElseThrow();
  }

  /** A symmetric signed integer format with one scale per tensor. */
  public static QuantDescriptor bits(int bits) {
    return builder().bits(bits).build();
  }

  /** A builder with the defaults of {@link Quantize}. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder with this descriptor's values. */
  public Builder toBuilder() {
    return new Builder(values);
  }

  /** The number format of an element, from {@link #bits}, {@link #namedFormat} and the flags. */
  public NumberFormat format() {
    return format;
  }

  /** {@link Quantize#bits}. */
  public List<Integer> bits() {
    return values.bits;
  }

  /** {@link Quantize#format}. */
  public Format namedFormat() {
    return values.format;
  }

  /** {@link Quantize#axis}. */
  public List<Integer> axis() {
    return values.axis;
  }

  /** {@link Quantize#per}. */
  public String per() {
    return values.per;
  }

  /** {@link Quantize#blockSizes}. */
  public List<BlockSize> blockSizes() {
    return values.blockSizes;
  }

  /** {@link Quantize#dynamic}. */
  public boolean dynamic() {
    return values.dynamic;
  }

  /** {@link Quantize#calib}. */
  public Calib calib() {
    return values.calib;
  }

  /** {@link Quantize#percentile}. */
  public double percentile() {
    return values.percentile;
  }

  /** {@link Quantize#bins}. */
  public int bins() {
    return values.bins;
  }

  /** {@link Quantize#scaleBits}: {@code [8]} where {@link #scaleBlockSizes} imply it. */
  public List<Integer> scaleBits() {
    return scaleFormat.bits();
  }

  /** Returns the format that {@link #scaleBits} says: INT8 where block sizes imply it. */
  public ScaleFormat scaleFormat() {
    return scaleFormat;
  }

  /** {@link Quantize#scaleBlockSizes}. */
  public List<BlockSize> scaleBlockSizes() {
    return values.scaleBlockSizes;
  }

  /** {@link Quantize#scaleRule}. */
  public ScaleRule scaleRule() {
    return values.scaleRule;
  }

  /** {@link Quantize#rounding}. */
  public Rounding rounding() {
    return values.rounding;
  }

  /** {@link Quantize#unsigned}. */
  public boolean unsigned() {
    return values.unsigned;
  }

  /** {@link Quantize#narrowRange}. */
  public boolean narrowRange() {
    return values.narrowRange;
  }

  /** {@link Quantize#affine}. */
  public boolean affine() {
    return values.affine;
  }

  /** {@link Quantize#amax}, float32. */
  public List<Float> amax() {
    return values.amax;
  }

  /** {@link Quantize#scaleAmax}. */
  public float scaleAmax() {
    return values.scaleAmax;
  }

  /** {@link Quantize#learnAmax}. */
  public boolean learnAmax() {
    return values.learnAmax;
  }

  /** {@link Quantize#ste}. */
  public Ste ste() {
    return values.ste;
  }

  /** {@link Quantize#fakeQuant}. */
  public boolean fakeQuant() {
    return values.fakeQuant;
  }

  /** {@link Quantize#name}. */
  public String name() {
    return values.name;
  }

  /** Returns whether one scale serves the whole tensor. */
  public boolean perTensor() {
    return axis().isEmpty() && per().isEmpty() && blockSizes().isEmpty();
  }

  /** Returns whether the scale of an input or output must come from calibration data. */
  public boolean needsCalibration() {
    return (scaleFormat == ScaleFormat.E4M3 || !dynamic()) && amax().isEmpty();
  }

  /** The granularity in words: {@code per tensor}, {@code per O}, {@code 32 along I}. */
  public String granularity() {
    return DescriptorText.granularity(this);
  }

  /**
   * The descriptor as plain values, for files: by the names of {@link Quantize}'s elements, and
   * only what differs from the default. Numbers, booleans, strings, lists and maps; {@link
   * #fromMap} gives back an equal descriptor.
   */
  public Map<String, Object> toMap() {
    return DescriptorMap.toMap(values);
  }

  /**
   * The descriptor of {@link #toMap}. A list of one may stand as its element.
   *
   * <p>The dictionaries of ModelOpt's and pytorch-quantization's descriptors are taken as well:
   * {@code num_bits}, {@code block_sizes} and the like, {@code axis}, {@code amax} and {@code name}
   * that are null, an amax in nested lists. A tuple is a map {@code {tuple: [4, 3]}}: {@code
   * num_bits} is never a list there.
   *
   * @throws IllegalArgumentException if a key is unknown (the message lists those with a similar
   *     name) or a value has the wrong type
   * @throws InvalidDescriptorException if the values break a rule
   */
  public static QuantDescriptor fromMap(Map<String, ?> map) {
    return DescriptorMap.fromMap(map);
  }

  /** The rules that the descriptor breaks on a tensor of this role and layout; empty if none. */
  public List<DescriptorProblem> problems(Role role, Layout layout) {
    return LayoutRules.check(this, role, layout);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof QuantDescriptor that && values.key().equals(that.values.key());
  }

  @Override
  public int hashCode() {
    return values.key().hashCode();
  }

  /** In words, for messages: {@code int8 per O}, {@code E4M3 per tensor, dynamic}. */
  @Override
  public String toString() {
    return DescriptorText.of(this);
  }

  /**
   * Collects the values of a descriptor; any combination may be set, {@link #build} checks it. Not
   * safe for concurrent use.
   */
  public static final class Builder extends DescriptorValues {
    private Builder() {}

    private Builder(Builder other) {
      super(other);
    }

    /** {@link Quantize#bits}: one number for integers, two for floats. */
    public Builder bits(int... bits) {
      this.bits = integers(bits);
      return this;
    }

    /** {@link Quantize#format}. */
    public Builder format(Format format) {
      this.format = Objects.requireNonNull(format, "format");
      return this;
    }

    /** {@link Quantize#axis}. */
    public Builder axis(int... axis) {
      this.axis = integers(axis);
      return this;
    }

    /** {@link Quantize#per}. */
    public Builder per(String letters) {
      this.per = Objects.requireNonNull(letters, "per");
      return this;
    }

    /** {@link Quantize#blockSizes}. */
    public Builder blockSizes(BlockSize... blocks) {
      this.blockSizes = List.of(blocks);
      return this;
    }

    /** {@link Quantize#dynamic}. */
    public Builder dynamic(boolean dynamic) {
      this.dynamic = dynamic;
      return this;
    }

    /** {@link Quantize#calib}. */
    public Builder calib(Calib calib) {
      this.calib = Objects.requireNonNull(calib, "calib");
      return this;
    }

    /** {@link Quantize#percentile}. */
    public Builder percentile(double percentile) {
      this.percentile = percentile;
      return this;
    }

    /** {@link Quantize#bins}. */
    public Builder bins(int bins) {
      this.bins = bins;
      return this;
    }

    /** {@link Quantize#scaleBits}. */
    public Builder scaleBits(int... bits) {
      this.scaleBits = integers(bits);
      return this;
    }

    /** {@link Quantize#scaleBits}, by the name of the format. */
    public Builder scaleFormat(ScaleFormat format) {
      this.scaleBits = Objects.requireNonNull(format, "scaleFormat").bits();
      return this;
    }

    /** {@link Quantize#scaleBlockSizes}. */
    public Builder scaleBlockSizes(BlockSize... blocks) {
      this.scaleBlockSizes = List.of(blocks);
      return this;
    }

    /** {@link Quantize#scaleRule}. */
    public Builder scaleRule(ScaleRule rule) {
      this.scaleRule = Objects.requireNonNull(rule, "scaleRule");
      return this;
    }

    /** {@link Quantize#rounding}. */
    public Builder rounding(Rounding rounding) {
      this.rounding = Objects.requireNonNull(rounding, "rounding");
      return this;
    }

    /** {@link Quantize#unsigned}. */
    public Builder unsigned(boolean unsigned) {
      this.unsigned = unsigned;
      return this;
    }

    /** {@link Quantize#narrowRange}. */
    public Builder narrowRange(boolean narrowRange) {
      this.narrowRange = narrowRange;
      return this;
    }

    /** {@link Quantize#affine}. */
    public Builder affine(boolean affine) {
      this.affine = affine;
      return this;
    }

    /** {@link Quantize#amax}; rounded to float32. */
    public Builder amax(double... amax) {
      this.amax = Arrays.stream(amax).mapToObj(a -> (float) a).toList();
      this.givenAmax = Arrays.stream(amax).boxed().toList();
      return this;
    }

    /** {@link Quantize#scaleAmax}; rounded to float32. */
    public Builder scaleAmax(double amax) {
      this.scaleAmax = (float) amax;
      this.givenScaleAmax = amax;
      return this;
    }

    /** {@link Quantize#learnAmax}. */
    public Builder learnAmax(boolean learnAmax) {
      this.learnAmax = learnAmax;
      return this;
    }

    /** {@link Quantize#ste}. */
    public Builder ste(Ste ste) {
      this.ste = Objects.requireNonNull(ste, "ste");
      return this;
    }

    /** {@link Quantize#fakeQuant}. */
    public Builder fakeQuant(boolean fakeQuant) {
      this.fakeQuant = fakeQuant;
      return this;
    }

    /** {@link Quantize#name}. */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /** The rules that these values break, whatever the tensor; empty if none. */
    public List<DescriptorProblem> problems() {
      return DescriptorRules.check(this);
    }

    /**
     * The descriptor.
     *
     * @throws InvalidDescriptorException if a rule is broken; the message names every one
     */
    public QuantDescriptor build() {
      List<DescriptorProblem> problems = problems();
      if (!problems.isEmpty()) {
        throw new InvalidDescriptorException("invalid descriptor", problems);
      }
      return new QuantDescriptor(new Builder(this));
    }
  }
}
