package dev.bitfold.dl4j.layer;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.LayerType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;

/**
 * What of a layer is quantized.
 *
 * @param parameters its weights and biases
 * @param input the letters of its input; empty if that is not quantized, as indices are not
 * @param observed whether its activation function is called once, with the layer's whole output
 * @param smoothed whether its input may be smoothed: its only weight reads it
 * @param floats what of it stays float, and why
 */
record LayerKind(
    List<Parameter> parameters,
    String input,
    boolean observed,
    boolean smoothed,
    List<String> floats) {
  static final String INPUT = "x";

  private static final QuantDescriptor PER_TENSOR = QuantDescriptor.builder().bits(8).build();

  LayerKind {
    parameters = List.copyOf(parameters);
    floats = List.copyOf(floats);
  }

  /** Returns the kind of a layer that multiplies by one weight. */
  static LayerKind linear(Parameter weight, String input) {
    return new LayerKind(List.of(weight, Parameter.bias("b")), input, true, true, List.of());
  }

  /** Returns a kind of which only the input and the parameters are quantized. */
  static LayerKind inner(String input, List<String> floats, Parameter... parameters) {
    return new LayerKind(List.of(parameters), input, false, false, floats);
  }

  /** Returns this kind with more parameters, and more that stays float. */
  LayerKind with(List<Parameter> more, String floating) {
    List<Parameter> all = new ArrayList<>(parameters);
    all.addAll(more);
    List<String> reasons = new ArrayList<>(floats);
    reasons.add(floating);
    return new LayerKind(all, input, observed, smoothed, reasons);
  }

  /** Returns this kind with an input that stays float. */
  LayerKind withFloatInput() {
    return new LayerKind(parameters, "", observed, false, floats);
  }

  LayerType<NetworkLayer, NetworkLayer> type(
      BiFunction<NetworkLayer, ArrayHooks, NetworkLayer> rebuild) {
    LayerType.Builder<NetworkLayer, NetworkLayer> type =
        LayerType.builder(NetworkLayer.class, rebuild);
    for (Parameter parameter : parameters) {
      parameter.declare(type);
    }
    if (!input.isEmpty()) {
      type.input(INPUT, input, PER_TENSOR);
    }
    if (smoothed) {
      type.smoothQuant();
    }
    return type.build();
  }
}
