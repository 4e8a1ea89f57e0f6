package dev.bitfold.samediff;

import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.controlflow.compat.StopGradient;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Rint;

/**
 * Builds the operations of one quantizer.
 *
 * <p>The result is {@code q - (pass * (stop(x) - x) + slope * (stop(amax) - amax))}. The
 * differences are zero, so its values are those of {@code q}, to the bit. Its gradients are {@code
 * pass} and {@code slope}, which are those of the straight-through estimator. ND4J differentiates a
 * native operation by its own rule, whatever a subclass defines. Therefore, the estimator consists
 * of operations whose gradients ND4J computes correctly.
 */
final class FakeQuantGraph {
  private static final double TINY = 0x1p-24;
  private static final double MIN_STEP = 1e-8;

  private final SameDiff graph;
  private final GraphQuantizer quantizer;
  private final QuantDescriptor descriptor;
  private final int[] shared;
  private final SDVariable x;

  /** The quantized values, without a gradient. */
  private final SDVariable values;

  /**
   * Builds the operations.
   *
   * @param shared the axes along which a scale is shared
   */
  FakeQuantGraph(GraphQuantizer quantizer, SDVariable x, int[] shared) {
    this.graph = x.getSameDiff();
    this.quantizer = quantizer;
    this.descriptor = quantizer.descriptor();
    this.shared = shared;
    this.x = x;
    this.values = stop(x);
  }

  SDVariable build(long elements) {
    if (descriptor.affine()) {
      return affine(integers());
    }
    SDVariable parameter =
        quantizer.follows()
            ? graph.math().abs(values).max(true, shared)
            : graph.getVariable(quantizer.amax());
    SDVariable amax = quantizer.learned() ? stop(parameter) : parameter;
    SDVariable scaled = descriptor.scaleAmax() == 1f ? amax : scaled(amax);
    SDVariable quantized =
        descriptor
            .format()
            .match(
                integers -> integers(integers, scaled),
                floats -> floats(floats, scaled),
                FakeQuantGraph::refuse);
    if (!quantizer.learned()) {
      return quantized.sub(quantizer.output(), pass(scaled));
    }
    SDVariable change = amax.sub(parameter);
    SDVariable zero =
        descriptor.ste() == Ste.LSQ
            ? step(integers(), amax, change, elements)
            : range(amax, change);
    return quantized.sub(quantizer.output(), zero);
  }

  /**
   * Returns amax times its factor. A product beyond float32 becomes the largest float, as in the
   * kernels.
   */
  private SDVariable scaled(SDVariable amax) {
    return graph.math().clipByValue(amax.mul((double) descriptor.scaleAmax()), 0, Float.MAX_VALUE);
  }

  private IntFormat integers() {
    return descriptor.format().integers().orElseThrow();
  }

  /** Signals a format that the rules for graphs should have refused before. */
  private static SDVariable refuse(NumberFormat format) {
    throw new IllegalArgumentException("a graph has no operations that round to " + format.label());
  }

  private SDVariable stop(SDVariable variable) {
    return new StopGradient(graph, variable).outputVariable();
  }

  private SDVariable rint(SDVariable variable) {
    return new Rint(graph, variable, false).outputVariable();
  }

  private static SDVariable number(SDVariable condition) {
    return condition.castTo(DataType.FLOAT);
  }

  /** Returns the rounded values as codes of the format. */
  private SDVariable codes(SDVariable rounded, IntFormat format) {
    return whole(graph.math().clipByValue(rounded, format.min(), format.max()));
  }

  /**
   * Returns whole numbers without -0 and without a gradient. ND4J cannot differentiate Rint, but
   * asks for the gradient of every float operation between a variable and the loss.
   */
  private static SDVariable whole(SDVariable rounded) {
    return rounded.castTo(DataType.INT32).castTo(DataType.FLOAT);
  }

  private SDVariable integers(IntFormat format, SDVariable amax) {
    SDVariable tiny = number(amax.lte(TINY));
    SDVariable usual = tiny.rsub(1.0);
    // The scale is max / amax, used in a form in which a tiny amax multiplies by 0 and divides by
    // 1.
    SDVariable scale = amax.mul(usual).add(tiny).rdiv((double) format.max());
    SDVariable codes = codes(rint(values.mul(scale.mul(usual))), format);
    return codes.div(scale.mul(usual).add(tiny));
  }

  private SDVariable floats(FloatFormat format, SDVariable amax) {
    SDVariable tiny = number(amax.lte(TINY));
    SDVariable safe = amax.mul(tiny.rsub(1.0)).add(tiny);
    SDVariable scale = safe.rdiv(1.0).mul((double) format.max());
    SDVariable t = graph.math().clipByValue(values.mul(scale), -format.max(), format.max());
    // Next to a power of two, the logarithm may be wrong by one. The number is on the grid either
    // way.
    SDVariable normal =
        graph
            .math()
            .clipByValue(graph.math().abs(t), Math.scalb(1f, format.minExponent()), format.max());
    SDVariable exponent = whole(graph.math().floor(graph.math().log(normal).mul(1 / Math.log(2))));
    SDVariable spacing =
        graph.math().pow(graph.constant(2f), exponent.sub((double) format.mantissa()));
    // Magnitudes are rounded, because whole numbers have no -0. The sign of 1 / t is the sign of a
    // zero.
    SDVariable magnitude = whole(rint(graph.math().abs(t).div(spacing))).mul(spacing);
    SDVariable sign = number(t.rdiv(1.0).lt(0.0)).mul(-2.0).add(1.0);
    return magnitude.mul(sign).mul(scale.rdiv(1.0));
  }

  /** Returns the part of the gradient that an estimator without a learned scale passes. */
  private SDVariable pass(SDVariable amax) {
    SDVariable zero = values.sub(x);
    boolean all = quantizer.follows() || descriptor.ste() == Ste.PASS_THROUGH;
    return all ? zero : number(graph.math().abs(values).lte(amax)).mul(zero);
  }

  private SDVariable range(SDVariable amax, SDVariable change) {
    SDVariable above = number(values.gte(amax));
    SDVariable below = number(values.lte(amax.neg()));
    SDVariable inside = number(graph.math().abs(values).lt(amax));
    return inside.mul(values.sub(x)).add(above.sub(below).mul(change));
  }

  private SDVariable step(IntFormat format, SDVariable amax, SDVariable change, long elements) {
    SDVariable step =
        graph.math().clipByValue(amax.div((double) format.max()), MIN_STEP, Float.MAX_VALUE);
    SDVariable scaled = values.div(step);
    SDVariable clamped = graph.math().clipByValue(scaled, format.min(), format.max());
    SDVariable inside = number(clamped.eq(scaled));
    SDVariable slope = codes(rint(clamped), format).sub(inside.mul(clamped));
    SDVariable factor =
        elements > 0
            ? number(step.gt(MIN_STEP))
                .mul(1 / (format.max() * Math.sqrt((double) elements * format.max())))
            : number(step.gt(MIN_STEP)).div(samples(format).mul((double) format.max()));
    return inside.mul(values.sub(x)).add(slope.mul(factor).mul(change));
  }

  /** Returns sqrt(elements of a sample * largest code) of an activation. */
  private SDVariable samples(IntFormat format) {
    SDVariable all = graph.size(values).castTo(DataType.FLOAT);
    SDVariable each = all.div(graph.sizeAt(values, 0).castTo(DataType.FLOAT));
    return graph.math().sqrt(each.mul((double) format.max()));
  }

  private SDVariable affine(IntFormat format) {
    boolean follows = quantizer.follows();
    SDVariable low = follows ? values.min(true, shared) : graph.getVariable(quantizer.min());
    SDVariable high = follows ? values.max(true, shared) : graph.getVariable(quantizer.max());
    // A range always contains zero. If it contains nothing else, its step is 1.
    SDVariable min = graph.math().clipByValue(low, -Float.MAX_VALUE, 0);
    SDVariable max = graph.math().clipByValue(high, 0, Float.MAX_VALUE);
    SDVariable width = max.sub(min);
    SDVariable step = width.div((double) (format.max() - format.min())).add(number(width.eq(0.0)));
    SDVariable zero = whole(rint(min.div(step))).rsub((double) format.min());
    SDVariable codes = codes(rint(values.div(step)).add(zero), format);
    SDVariable quantized = codes.sub(zero).mul(step);
    SDVariable change = values.sub(x);
    if (!follows && descriptor.ste() == Ste.CLIP) {
      change = number(values.gte(min)).mul(number(values.lte(max))).mul(change);
    }
    return quantized.sub(quantizer.output(), change);
  }
}
