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
 * The hooks of a layer that computes on arrays.
 *
 * <p>Implementations are safe for concurrent use once the layer is built.
 */
public non-sealed interface ArrayHooks extends LayerHooks {
  /**
   * The tensor to build the layer from.
   *
   * @param name a weight or bias of the layer's type
   * @param original what the float layer holds; null where the layer has none
   * @return the tensor for the constructor; null if and only if {@code original} is
   */
  @Nullable INDArray tensor(String name, @Nullable INDArray original);

  /**
   * Called after building: the layer must hold the tensor that its constructor was given.
   *
   * @throws IllegalStateException if it holds other bits
   */
  void check(String name, @Nullable INDArray held);

  /** The tensors of a list to build the layer from, each by its own name; null stays null. */
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

  /** The tensors of an array to build the layer from, each by its own name; null stays null. */
  default INDArray @Nullable [] tensors(String name, INDArray @Nullable [] originals) {
    List<INDArray> tensors = tensors(name, originals == null ? null : Arrays.asList(originals));
    return tensors == null ? null : tensors.toArray(new INDArray[0]);
  }

  /**
   * Called after building: the layer must hold the tensors that its constructor was given.
   *
   * @param held what it holds
   * @param original what the float layer holds
   * @throws IllegalStateException if it holds fewer, or other bits
   * @throws IllegalArgumentException if it holds more
   */
  default void check(
      String name, @Nullable List<INDArray> held, @Nullable List<INDArray> original) {
    int wanted = original == null ? 0 : original.size();
    int found = held == null ? 0 : held.size();
    for (int i = 0; i < Math.max(wanted, found); i++) {
      check(LayerType.element(name, i), held == null || i >= found ? null : held.get(i));
    }
  }

  /** The same for an array. */
  default void check(String name, INDArray @Nullable [] held, INDArray @Nullable [] original) {
    check(
        name,
        held == null ? null : Arrays.asList(held),
        original == null ? null : Arrays.asList(original));
  }

  /**
   * The hooks to build the layer with for one call, with its weights unpacked; null if it holds
   * them as they are.
   */
  default @Nullable ArrayHooks unpacked() {
    return null;
  }

  /**
   * What {@code forward} computes with in place of the input {@code x}, which is never changed.
   * Null, of an input that may be left out, stays null.
   */
  @Nullable INDArray input(String name, @Nullable INDArray x);

  /** What {@code forward} returns in place of {@code y}. */
  INDArray output(INDArray y);

  /** Computes again what {@code forward} computed, before the hooks saw it. */
  @FunctionalInterface
  interface Computation {
    /** Runs the layer's own {@code forward}. */
    INDArray compute() throws Throwable;
  }

  /**
   * What {@code backward} computes with in place of the output's gradient.
   *
   * @param y run only where the gradient depends on it
   * @param gradient of what {@link #output} returned
   */
  default INDArray gradOutput(Computation y, INDArray gradient) {
    return gradient;
  }

  /** Inputs by name; those that are null are left out. */
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
   * What {@code backward} returns in place of what the layer computed.
   *
   * @param first the name of the first parameter of {@code forward}
   * @param inputs the hooked inputs by name, as {@code backward} was given them
   */
  default Gradients gradients(Gradients computed, String first, Map<String, INDArray> inputs) {
    return computed;
  }
}
