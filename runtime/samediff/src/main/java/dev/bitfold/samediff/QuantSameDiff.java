package dev.bitfold.samediff;

import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.NumberFormat.FloatFormat;
import dev.bitfold.annotations.NumberFormat.IntFormat;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.annotations.Ste;
import dev.bitfold.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Fake quantization in SameDiff graphs.
 *
 * <pre>{@code
 * SDVariable w = QuantSameDiff.fakeQuant(sd, weight, QuantDescriptor.builder().bits(4).axis(1).ste(Ste.LSQ).build());
 * SDVariable h = QuantSameDiff.fakeQuant(sd, x, QuantDescriptor.bits(8)).mmul(w);
 * QuantSameDiff.calibrate(sd, batches, "loss");
 * sd.fit(data, epochs);
 * }</pre>
 *
 * <p>The quantizer is made of ND4J's own operations: nothing is registered, a saved graph needs
 * nothing of this library to run or to train further, and concurrent inference is as safe as that
 * of any graph. Values are those of {@link Quantizer}, bit for bit, for finite input; NaN and
 * infinity become NaN. A graph cannot refuse: negative values of an unsigned format become 0,
 * though calibration refuses them.
 */
public final class QuantSameDiff {
  private QuantSameDiff() {}

  /** As {@link #fakeQuant(SameDiff, SDVariable, QuantDescriptor, Layout)}, without a layout. */
  public static SDVariable fakeQuant(SameDiff sd, SDVariable x, QuantDescriptor descriptor) {
    return fakeQuant(sd, x, descriptor, Layout.UNKNOWN);
  }

  /**
   * The quantized values of a variable.
   *
   * <p>Of a trainable variable or constant, the scale is that of its values: with {@code calib =
   * MAX} taken anew at each step, otherwise calibrated here and then fixed or, with {@code ste =
   * LSQ} or {@code PACT}, learned. Of any other variable a static scale is found by {@link
   * #calibrate}; before that, values are NaN. A learned amax is a trainable variable of the graph,
   * {@code <x>_quantized/amax}.
   *
   * @param x float32, of known rank if axes keep scales; quantized once
   * @param descriptor integers or floats, per tensor or per axis
   * @param layout of {@code x}, for axes named by letters
   * @return of the name {@code <x>_quantized} and the shape of {@code x}
   * @throws IllegalArgumentException naming the variable, if it is not float32 or is quantized
   *     already, or if a graph cannot do what the descriptor says: blocks, tables, scales of a
   *     format of their own, integer codes, another rounding or scale rule, a learned affine range
   */
  public static SDVariable fakeQuant(
      SameDiff sd, SDVariable x, QuantDescriptor descriptor, Layout layout) {
    GraphQuantizer quantizer = GraphQuantizer.of(x, layout, descriptor);
    check(sd, x, quantizer);
    int[] shared = shared(x, quantizer);
    if (!descriptor.amax().isEmpty()) {
      GraphScales.given(sd, quantizer, shared, x);
    } else if (quantizer.calibrated()) {
      GraphScales.declare(sd, quantizer, x);
    }
    long elements =
        quantizer.weight() && quantizer.learned()
            ? x.getArr().length() / sd.getVariable(quantizer.amax()).getArr().length()
            : 0;
    SDVariable quantized = new FakeQuantGraph(quantizer, x, shared).build(elements);
    quantizer.write(sd);
    return quantized;
  }

  @SuppressWarnings("ReferenceEquality") // a variable belongs to one graph
  private static void check(SameDiff sd, SDVariable x, GraphQuantizer quantizer) {
    QuantDescriptor descriptor = quantizer.descriptor();
    require(x.getSameDiff() == sd, quantizer, "it belongs to another graph");
    require(
        x.dataType() == DataType.FLOAT,
        quantizer,
        "it is " + x.dataType() + ", and FLOAT is quantized: cast it");
    require(!sd.hasVariable(quantizer.output()), quantizer, "it is quantized already");
    require(descriptor.fakeQuant(), quantizer, "integer codes have no gradient");
    require(descriptor.blockSizes().isEmpty(), quantizer, "a graph has no blocks");
    require(descriptor.scaleBits().isEmpty(), quantizer, "scales are float32 in a graph");
    require(
        descriptor.format() instanceof IntFormat || descriptor.format() instanceof FloatFormat,
        quantizer,
        "a graph has integers and floats only");
    require(descriptor.rounding() == Rounding.HALF_EVEN, quantizer, "a graph rounds half to even");
    require(descriptor.scaleRule() == ScaleRule.FLOOR, quantizer, "a graph has no scale rules");
    if (quantizer.learned()) {
      require(!descriptor.affine(), quantizer, "an affine range is not learned");
      require(!descriptor.dynamic(), quantizer, "a dynamic scale is not learned");
      require(
          descriptor.ste() != Ste.LSQ || descriptor.format() instanceof IntFormat,
          quantizer,
          "LSQ is for integers");
    }
  }

  private static void require(boolean holds, GraphQuantizer quantizer, String message) {
    if (!holds) {
      throw new IllegalArgumentException(quantizer + ": " + message);
    }
  }

  /** The axes along which a scale is shared. */
  private static int[] shared(SDVariable x, GraphQuantizer quantizer) {
    QuantDescriptor descriptor = quantizer.descriptor();
    if (descriptor.perTensor()) {
      return new int[0];
    }
    long[] shape = x.getShape();
    if (shape == null) {
      // Of a result no rank is known before it is computed.
      require(
          !quantizer.follows(), quantizer, "its rank is not known, which a scale per axis needs");
      return new int[0];
    }
    int[] blocks = Quantizer.of(descriptor, quantizer.layout()).blocks(shape.length);
    List<Integer> shared = new ArrayList<>();
    for (int axis = 0; axis < blocks.length; axis++) {
      if (blocks[axis] != 1) {
        shared.add(axis);
      }
    }
    return shared.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Finds the static scales of the variables that are no weights: runs the float graph on data and
   * sets what the descriptors' calibrators have found. It may be run again, also on a loaded graph.
   *
   * @param batches values of the placeholders by name
   * @param outputs what to compute; every quantizer is reached on the way
   * @throws IllegalStateException if no batch has reached a quantizer; the message names its
   *     variable, and no scale is set
   */
  public static void calibrate(
      SameDiff sd, Iterable<Map<String, INDArray>> batches, String... outputs) {
    CalibrationListener listener = new CalibrationListener(sd);
    for (Map<String, INDArray> batch : batches) {
      sd.output(batch, List.<Listener>of(listener), outputs);
    }
    listener.apply();
  }

  /**
   * The scale of a quantizer as it is now: a copy of its amax.
   *
   * @param x the name of the variable that is quantized
   * @throws IllegalArgumentException if it has none
   */
  public static INDArray amax(SameDiff sd, String x) {
    for (GraphQuantizer quantizer : GraphQuantizer.in(sd)) {
      if (quantizer.input().equals(x) && sd.hasVariable(quantizer.amax())) {
        return sd.getVariable(quantizer.amax()).getArr().dup('c');
      }
    }
    throw new IllegalArgumentException("variable " + x + " has no quantizer with an amax");
  }
}
