package dev.bitfold.layer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Defines the hooks of a layer that computes on arrays.
 *
 * <p>Implementations are safe for concurrent use once the layer is built.
 */
public non-sealed interface ArrayHooks extends LayerHooks {
  /**
   * Returns the tensor to build the layer from.
   *
   * @param name a weight or bias of the layer's type
   * @param original the tensor that the float layer holds; null if it holds none
   * @return the tensor for the constructor; null if and only if {@code original} is null
   */
  @Nullable INDArray tensor(String name, @Nullable INDArray original);

  /**
   * Checks after building that the layer holds the tensor that its constructor was given.
   *
   * @throws IllegalStateException if the layer holds other bits
   */
  void check(String name, @Nullable INDArray held);

  /** Returns the tensors of a list to build the layer from, each by its name; null stays null. */
  default @Nullable List<INDArray> tensors(String name, @Nullable List<INDArray> originals) {
    if (originals == null) {
      return null;
    }
    List<INDArray> tensors = new ArrayList<>(originals.size());
    for (int i = 0; i < originals.size(); i++) {
      tensors.add(tensor(LayerType.element(name, i), originals.get(i)));
    }
    return Collections.unmodifiableList(tensors);
  }

  /** Returns the tensors of an array to build the layer from, each by its name; null stays null. */
  default INDArray @Nullable [] tensors(String name, INDArray @Nullable [] originals) {
    List<INDArray> tensors = tensors(name, originals == null ? null : Arrays.asList(originals));
    return tensors == null ? null : tensors.toArray(new INDArray[0]);
  }

  /**
   * Checks after building that the layer holds the tensors that its constructor was given.
   *
   * @param held the tensors that the layer holds
   * @param original the tensors that the float layer holds
   * @throws IllegalStateException if the layer holds fewer tensors, or other bits
   * @throws IllegalArgumentException if the layer holds more tensors
   */
  default void check(
      String name, @Nullable List<INDArray> held, @Nullable List<INDArray> original) {
    int wanted = original == null ? 0 : original.size();
    int found = held == null ? 0 : held.size();
    for (int i = 0; i < Math.max(wanted, found); i++) {
      check(LayerType.element(name, i), held == null || i >= found ? null : held.get(i));
    }
  }

  /** Checks an array of tensors after building. */
  default void check(String name, INDArray @Nullable [] held, INDArray @Nullable [] original) {
    check(
        name,
        held == null ? null : Arrays.asList(held),
        original == null ? null : Arrays.asList(original));
  }

  /**
   * Returns the hooks to build the layer with for one call, with its weights unpacked; null if its
   * weights are not packed.
   */
  default @Nullable ArrayHooks unpacked() {
    return null;
  }

  /**
   * Returns the same hooks for a layer that holds other tensors than the walk finds in it.
   *
   * @param tensors by name
   */
  default ArrayHooks holding(Map<String, INDArray> tensors) {
    throw new IllegalStateException("these hooks are for layers of the user's own classes");
  }

  /** Returns the layer behind hooks that quantize nothing; null if they do, or it is not known. */
  default @Nullable FloatLayer floatLayer() {
    return null;
  }

  /**
   * Returns the scale of the codes that {@link #tensor} or {@link #input} gives in place of a
   * tensor that the layer's type marks as codes.
   *
   * @param tensor the tensor that was passed to that method
   * @param own what the float layer has or is given for the scale, which is null
   * @return the step between codes; {@code own} if the layer gets values
   */
  default @Nullable INDArray scale(String name, @Nullable INDArray tensor, @Nullable INDArray own) {
    return own;
  }

  /**
   * Returns what {@code forward} computes with instead of the input {@code x}. The array {@code x}
   * is never changed. An input that is null stays null.
   */
  @Nullable INDArray input(String name, @Nullable INDArray x);

  /** Returns what {@code forward} returns instead of {@code y}. */
  INDArray output(INDArray y);

  /** Computes again what {@code forward} computed, before the hooks saw it. */
  @FunctionalInterface
  interface Computation {
    /** Runs the layer's own {@code forward}. */
    INDArray compute() throws Throwable;
  }

  /**
   * Returns what {@code backward} computes with instead of the output's gradient.
   *
   * @param y the computation of the output, which runs only if the gradient depends on the output
   * @param gradient the gradient of what {@link #output} returned
   */
  default INDArray gradOutput(Computation y, INDArray gradient) {
    return gradient;
  }

  /** Returns inputs by name, without those that are null. */
  static Map<String, INDArray> inputs(List<String> names, @Nullable INDArray... values) {
    Map<String, INDArray> inputs = new LinkedHashMap<>();
    for (int i = 0; i < values.length; i++) {
      INDArray value = values[i];
      if (value != null) {
        inputs.put(names.get(i), value);
      }
    }
    return inputs;
  }

  /**
   * Returns what {@code backward} returns instead of what the layer computed.
   *
   * @param first the name of the first parameter of {@code forward}
   * @param inputs the hooked inputs of {@code backward}, by name
   */
  default Gradients gradients(Gradients computed, String first, Map<String, INDArray> inputs) {
    return computed;
  }
}
