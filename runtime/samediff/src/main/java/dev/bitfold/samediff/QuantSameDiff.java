package dev.bitfold.samediff;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.GraphRules;
import dev.bitfold.descriptor.InvalidDescriptorException;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.nd4j.autodiff.listeners.Listener;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Adds fake quantization to SameDiff graphs.
 *
 * <pre>{@code
 * SDVariable w = QuantSameDiff.fakeQuant(sd, weight, QuantDescriptor.builder().bits(4).axis(1).ste(Ste.LSQ).build());
 * SDVariable h = QuantSameDiff.fakeQuant(sd, x, QuantDescriptor.bits(8)).mmul(w);
 * QuantSameDiff.calibrate(sd, batches, "loss");
 * sd.fit(data, epochs);
 * }</pre>
 *
 * <p>A quantizer consists of ND4J's own operations. Nothing is registered. A saved graph does not
 * need this library to run or to be trained further. Concurrent inference is as safe as with any
 * graph. For finite input, the values are those of {@link Quantizer}, bit for bit. NaN and infinity
 * become NaN. A graph cannot refuse values: negative values of an unsigned format become 0, but
 * calibration refuses them.
 */
public final class QuantSameDiff {
  private QuantSameDiff() {}

  /**
   * Returns a model whose layers hold variables of a graph, with the model's quantizers in the
   * graph.
   *
   * <pre>{@code
   * SdNet quantized = QuantSameDiff.quantize(SdNetQuantizer.of(net));
   * SDVariable loss = sd.loss().meanSquaredError("loss", labels, quantized.forward(x), null);
   * QuantSameDiff.calibrate(sd, batches, "loss");
   * sd.fit(data, epochs);
   * }</pre>
   *
   * <p>Weights are quantized here. Inputs and outputs are quantized when a layer's {@code forward}
   * is called: it adds a variable with the tensor's path, such as {@code fc1.x}, and its quantized
   * values, as {@link #fakeQuant} does. Further calls of one layer's {@code forward} add {@code
   * fc1.x/1} and so on, which share the scale of the first call. A model that is quantized again in
   * the same way shares the scales, too. A weight that two layers hold is quantized once.
   *
   * @param plan the plan of the annotations, or one changed by {@code using}, {@code describe} or
   *     {@code skip}
   * @return the rebuilt model; calls of the original model still add float operations
   * @throws IllegalArgumentException if a layer holds arrays, if {@link #fakeQuant} refuses a
   *     descriptor, or if a weight is already quantized in another way; the message names the
   *     tensor, and nothing is added to the graph
   * @throws IllegalStateException if layers are to be smoothed, or a weight's learned amax would
   *     begin with 0
   */
  public static <M> M quantize(Plan<M> plan) {
    Objects.requireNonNull(plan, "plan");
    return GraphModel.of(plan);
  }

  /**
   * Returns the quantized values of a variable without a layout, as {@link #fakeQuant(SameDiff,
   * SDVariable, QuantDescriptor, Layout)} does.
   */
  public static SDVariable fakeQuant(SameDiff sd, SDVariable x, QuantDescriptor descriptor) {
    return fakeQuant(sd, x, descriptor, Layout.UNKNOWN);
  }

  /**
   * Returns the quantized values of a variable.
   *
   * <p>The scale of a trainable variable or constant comes from its values. With {@code calib =
   * MAX}, it is computed at each step. Otherwise, it is calibrated here, and then fixed or, with
   * {@code ste = LSQ} or {@code PACT}, learned. The static scale of any other variable is found by
   * {@link #calibrate}. Before that, its values are NaN. A learned amax is a trainable variable of
   * the graph, {@code <x>_quantized/amax}.
   *
   * @param x a float32 variable that is not quantized yet, of known rank if axes keep scales
   * @param descriptor a descriptor of integers or floats, per tensor or per axis
   * @param layout the layout of {@code x}, for axes that are named by letters
   * @return a variable of the name {@code <x>_quantized} and the shape of {@code x}
   * @throws IllegalArgumentException if the variable is not float32 or is already quantized, or if
   *     a graph cannot do what the descriptor describes: blocks, tables, quantized scales, integer
   *     codes, another rounding or scale rule, or a learned affine range; the message names the
   *     variable
   */
  public static SDVariable fakeQuant(
      SameDiff sd, SDVariable x, QuantDescriptor descriptor, Layout layout) {
    Objects.requireNonNull(sd, "sd");
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(descriptor, "descriptor");
    Objects.requireNonNull(layout, "layout");
    GraphQuantizer quantizer = GraphQuantizer.of(x, layout, descriptor);
    check(sd, x, quantizer);
    return add(sd, x, quantizer, shared(x, quantizer));
  }

  /** Adds a quantizer that has been checked. */
  static SDVariable add(SameDiff sd, SDVariable x, GraphQuantizer quantizer, int[] shared) {
    if (!quantizer.ownsScale()) {
      // Another call of the same layer has already set the scale.
    } else if (!quantizer.descriptor().amax().isEmpty()) {
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
  static void check(SameDiff sd, SDVariable x, GraphQuantizer quantizer) {
    QuantDescriptor descriptor = quantizer.descriptor();
    require(x.getSameDiff() == sd, quantizer, "it belongs to another graph");
    require(
        x.dataType() == DataType.FLOAT,
        quantizer,
        "it is " + x.dataType() + ", and FLOAT is quantized: cast it");
    require(!sd.hasVariable(quantizer.output()), quantizer, "it is quantized already");
    String scope = sd.currentNameScope();
    require(
        scope == null || scope.isEmpty(),
        quantizer,
        "name scope " + scope + " would rename its quantizer; close the scope before");
    GraphRules.refusal(descriptor).ifPresent(why -> require(false, quantizer, why));
  }

  private static void require(boolean holds, GraphQuantizer quantizer, String message) {
    if (!holds) {
      throw new IllegalArgumentException(quantizer + ": " + message);
    }
  }

  /** Returns the axes along which a scale is shared. */
  static int[] shared(SDVariable x, GraphQuantizer quantizer) {
    QuantDescriptor descriptor = quantizer.descriptor();
    if (descriptor.perTensor()) {
      return new int[0];
    }
    long[] shape = x.getShape();
    Layout layout = quantizer.layout();
    if (shape == null && (layout.isUnknown() || !quantizer.follows())) {
      // The rank of a result is not known before it is computed.
      require(
          !quantizer.follows(), quantizer, "its rank is not known, which a scale per axis needs");
      return new int[0];
    }
    // One axis stands for all axes that an open layout does not name. Counted from the end, axes
    // can be told apart for any rank.
    int rank = shape != null ? shape.length : layout.namedAxes() + (layout.isOpen() ? 1 : 0);
    for (int axis : descriptor.axis()) {
      require(
          axis >= -rank && axis < rank,
          quantizer,
          "axis "
              + axis
              + " is out of range"
              + (shape == null ? "" : " for its shape " + Arrays.toString(shape)));
    }
    int[] blocks;
    try {
      blocks = Quantizer.of(descriptor, layout).blocks(rank);
    } catch (IllegalArgumentException | InvalidDescriptorException e) {
      throw new IllegalArgumentException(quantizer + ": " + e.getMessage(), e);
    }
    List<Integer> shared = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      if (blocks[axis] != 1) {
        shared.add(shape != null ? axis : axis - rank);
      }
    }
    require(
        shape != null || !layout.isOpen() || !shared.contains(-rank),
        quantizer,
        "its rank is not known, and its leading axes would share a scale");
    return shared.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * Finds the static scales of the variables that are not weights. It runs the float graph on data,
   * and sets the scales that the descriptors' calibrators find. It may be called again, even on a
   * loaded graph.
   *
   * @param batches the values of the placeholders, by name
   * @param outputs the variables to compute; their computation must reach every quantizer
   * @throws IllegalStateException if no batch has reached a quantizer; the message names its
   *     variable, and no scale is set
   * @throws IllegalArgumentException if the graph has no quantizer at all
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
   * Returns a copy of a quantizer's current amax.
   *
   * @param x the name of the quantized variable
   * @throws IllegalArgumentException if the variable has no quantizer with an amax
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
