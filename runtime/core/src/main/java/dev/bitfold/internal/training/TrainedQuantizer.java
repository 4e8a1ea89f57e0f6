package dev.bitfold.internal.training;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.gradient.QuantGradients;
import dev.bitfold.gradient.StraightThrough;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Quantizes a tensor in training. Its values are those of the deployed {@link Quantizer}, bit for
 * bit. Its gradients are those of the {@link StraightThrough} estimator that the descriptor names.
 *
 * <p>A scale that follows from the tensor itself (a dynamic scale, or one from the largest value of
 * a weight) has no parameter. No value lies outside of such a scale, so a clipping estimator passes
 * every gradient. Every other scale is held fixed or learned.
 */
final class TrainedQuantizer {
  private final TensorSite site;
  private final QuantDescriptor descriptor;
  private final Quantizer open;
  private final StraightThrough estimator;
  private final @Nullable CalibratedScale fixed;
  private final @Nullable Parameter learned;
  private Quantizer quantizer;

  private TrainedQuantizer(
      TensorSite site,
      Quantizer open,
      StraightThrough estimator,
      @Nullable CalibratedScale fixed,
      @Nullable Parameter learned) {
    this.site = site;
    this.descriptor = open.descriptor();
    this.open = open;
    this.estimator = estimator;
    this.fixed = fixed;
    this.learned = learned;
    this.quantizer = open;
    refresh();
  }

  /** Makes the parameter of a learned scale. */
  interface NewParameter {
    Parameter make(TensorSite site, INDArray initial);
  }

  /**
   * Returns the quantizer of an input or output.
   *
   * @param open the quantizer of the descriptor, without a scale
   * @param scale the calibrated scale; null if the scale is dynamic or given by the descriptor
   */
  static TrainedQuantizer ofActivation(
      TensorSite site, Quantizer open, @Nullable CalibratedScale scale, NewParameter parameters) {
    QuantDescriptor descriptor = open.descriptor();
    StraightThrough estimator = estimator(site, open);
    CalibratedScale known = scale == null ? own(descriptor) : scale;
    if (known == null && !descriptor.dynamic()) {
      throw new IllegalStateException(
          site.describe(null, descriptor)
              + ": no calibration batch has reached it, so training has no amax to begin with");
    }
    return of(site, open, estimator, known, parameters);
  }

  /**
   * Returns the quantizer of a weight, which is its own calibration data.
   *
   * @param open the quantizer of the descriptor, without a scale
   * @param scale the scale that the calibration was given; null if the scale follows from the
   *     weight
   */
  static TrainedQuantizer ofWeight(
      TensorSite site,
      Quantizer open,
      @Nullable CalibratedScale scale,
      INDArray weight,
      NewParameter parameters) {
    QuantDescriptor descriptor = open.descriptor();
    StraightThrough estimator = estimator(site, open);
    CalibratedScale known = scale == null ? own(descriptor) : scale;
    boolean follows =
        descriptor.dynamic() || (descriptor.calib() == Calib.MAX && !isLearned(descriptor));
    if (known == null && !follows) {
      known = calibrated(open, weight);
    }
    return of(site, open, estimator, known, parameters);
  }

  private static TrainedQuantizer of(
      TensorSite site,
      Quantizer open,
      StraightThrough estimator,
      @Nullable CalibratedScale known,
      NewParameter parameters) {
    QuantDescriptor descriptor = open.descriptor();
    if (!isLearned(descriptor)) {
      return new TrainedQuantizer(site, open, estimator, known, null);
    }
    if (!(known instanceof CalibratedScale.Amax amax)) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor)
              + ": training learns an amax, but this quantizer has none");
    }
    boolean weight = site.tensor().role() == TensorRole.WEIGHT;
    INDArray begin = weight ? awake(amax.amax()) : amax.amax();
    String remedy = weight ? "give it one by weightAmax" : "calibrate with other data";
    requireAbove0(site, descriptor, begin, "would begin with", remedy);
    Parameter learned = parameters.make(site, begin);
    return new TrainedQuantizer(site, open, estimator, null, learned);
  }

  private static StraightThrough estimator(TensorSite site, Quantizer open) {
    QuantDescriptor descriptor = open.descriptor();
    String refused = null;
    if (isLearned(descriptor)) {
      if (descriptor.affine()) {
        refused = "the scale and zero point of an affine quantizer are not learned yet";
      } else if (descriptor.scaleFormat() != ScaleFormat.FLOAT32) {
        refused = "block scales with a format of their own are not learned";
      } else if (descriptor.scaleAmax() != 1f) {
        refused = "a learned amax needs no scaleAmax; leave it out";
      }
    }
    try {
      if (refused == null) {
        return StraightThrough.of(open);
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(null, descriptor) + " cannot be trained: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException(
        site.describe(null, descriptor) + " cannot be trained: " + refused);
  }

  static boolean isLearned(QuantDescriptor descriptor) {
    return descriptor.learnAmax() || descriptor.ste() == Ste.LSQ || descriptor.ste() == Ste.PACT;
  }

  private static @Nullable CalibratedScale own(QuantDescriptor descriptor) {
    if (descriptor.amax().isEmpty() || descriptor.dynamic()) {
      return null;
    }
    float[] amax = new float[descriptor.amax().size()];
    for (int i = 0; i < amax.length; i++) {
      amax[i] = descriptor.amax().get(i);
    }
    return new CalibratedScale.Amax(amax.length == 1 ? Nd4j.scalar(amax[0]) : Nd4j.create(amax));
  }

  private static CalibratedScale calibrated(Quantizer open, INDArray weight) {
    QuantDescriptor descriptor = open.descriptor();
    if (descriptor.calib() == Calib.MAX && !descriptor.affine()) {
      return new CalibratedScale.Amax(open.amax(weight));
    }
    Calibrator calibrator = Calibrators.of(open, NonFinite.REFUSE);
    calibrator.observe(weight);
    return CalibratedScale.of(calibrator);
  }

  /** Returns the scale to deploy; empty if it follows from the tensor itself. */
  Optional<CalibratedScale> scale() {
    return learned == null
        ? Optional.ofNullable(fixed)
        : Optional.of(new CalibratedScale.Amax(learned.value().dup('c')));
  }

  /** Returns the learned amax; empty if the amax is not learned. */
  Optional<Parameter> learned() {
    return Optional.ofNullable(learned);
  }

  /** Applies the current value of the learned amax. */
  void refresh() {
    if (learned != null) {
      quantizer = open.withAmax(learned.value());
    } else if (fixed != null) {
      quantizer = fixed.fix(open);
    }
  }

  /**
   * Checks an amax that is about to be learned.
   *
   * @param at the beginning of the message
   * @throws IllegalStateException if a value of the amax is not finite and above 0
   */
  void requireLearnable(INDArray amax, String at) {
    try {
      requireAbove0(site, descriptor, amax, "would become", "train scales at a smaller rate");
    } catch (IllegalStateException e) {
      throw new IllegalStateException(at + e.getMessage(), e);
    }
  }

  /**
   * Returns the initial amax. Groups of a weight that hold only zeros, such as pruned channels, get
   * the smallest amax of the other groups. Zeros stay zeros at any amax.
   */
  private static INDArray awake(INDArray amax) {
    float[] values = amax.ravel().toFloatVector();
    float smallest = Float.POSITIVE_INFINITY;
    boolean asleep = false;
    for (float a : values) {
      asleep |= a == 0;
      smallest = a > 0 ? Math.min(smallest, a) : smallest;
    }
    if (!asleep || smallest == Float.POSITIVE_INFINITY) {
      return amax;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] == 0 ? smallest : values[i];
    }
    return DenseFloats.array(values, amax.shape());
  }

  private static void requireAbove0(
      TensorSite site, QuantDescriptor descriptor, INDArray amax, String verb, String remedy) {
    float[] values = amax.ravel().toFloatVector();
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] > 0) || !Float.isFinite(values[i])) {
        throw new IllegalStateException(
            site.describe(null, descriptor)
                + ": the learned amax "
                + verb
                + " "
                + values[i]
                + (values.length == 1 ? "" : " at index " + i + " of " + values.length)
                + "; it must stay finite and above 0: "
                + remedy
                + ", or give the descriptor ste = CLIP, which does not learn it");
      }
    }
  }

  INDArray quantize(INDArray x) {
    try {
      return quantizer.quantize(x);
    } catch (IllegalArgumentException e) {
      throw refused(x, e);
    }
  }

  void quantizeInto(INDArray x, INDArray out) {
    try {
      quantizer.quantizeInto(x, out);
    } catch (IllegalArgumentException e) {
      throw refused(x, e);
    }
  }

  /** Returns whether every gradient passes unchanged. */
  boolean passesAll() {
    return learned == null && (fixed == null || descriptor.ste() == Ste.PASS_THROUGH);
  }

  /**
   * Returns the gradient of the tensor before quantization, and adds the gradient of a learned amax
   * to its parameter.
   *
   * @param elements the number of elements that share an LSQ step in one sample
   */
  INDArray backward(INDArray x, INDArray gradOutput, long elements) {
    if (passesAll()) {
      return gradOutput;
    }
    QuantGradients gradients;
    try {
      gradients = estimator.backward(x, parameters(), gradOutput);
    } catch (IllegalArgumentException e) {
      throw refused(x, e);
    }
    if (learned != null) {
      INDArray amax = gradients.parameter(StraightThrough.AMAX);
      learned.add(descriptor.ste() == Ste.LSQ ? amax.mul(lsqFactor(elements)) : amax);
    }
    return gradients.input();
  }

  /** Returns the gradient scale of LSQ, section 2.2: 1 / sqrt(elements * largest code). */
  private double lsqFactor(long elements) {
    int codes = descriptor.format().integers().orElseThrow().max();
    return 1 / Math.sqrt((double) elements * codes);
  }

  private Map<String, INDArray> parameters() {
    if (learned != null) {
      return Map.of(StraightThrough.AMAX, learned.value());
    }
    Map<String, INDArray> parameters = new LinkedHashMap<>();
    if (fixed instanceof CalibratedScale.Amax amax) {
      parameters.put(StraightThrough.AMAX, amax.amax().mul(descriptor.scaleAmax()));
    } else if (fixed instanceof CalibratedScale.Range range) {
      parameters.put(StraightThrough.MIN, range.min());
      parameters.put(StraightThrough.MAX, range.max());
    }
    return parameters;
  }

  private IllegalArgumentException refused(INDArray x, IllegalArgumentException e) {
    return new IllegalArgumentException(site.describe(x, descriptor) + ": " + e.getMessage(), e);
  }
}
