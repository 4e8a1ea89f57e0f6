package dev.bitfold.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A layer class as the processor read it: its tensors, and how to build it again with hooks.
 * Immutable.
 *
 * @param <L> the user's class
 * @param <R> what is built: the generated wrapper, or {@code L} itself
 */
public final class LayerType<L, R> {
  /** The name of the tensor that {@code forward} returns. */
  public static final String OUTPUT = "output";

  private final Class<?> type;
  private final BiFunction<L, LayerHooks, R> rebuild;
  private final Map<String, LayerTensor> tensors;
  private final Map<String, Function<? super L, ?>> several;
  private final OptionalDouble smoothQuant;
  private final boolean unpacks;
  private final boolean backward;
  private final boolean variables;

  private LayerType(
      Class<?> type,
      BiFunction<L, LayerHooks, R> rebuild,
      Map<String, LayerTensor> tensors,
      Map<String, Function<? super L, ?>> several,
      OptionalDouble smoothQuant,
      boolean unpacks,
      boolean backward,
      boolean variables) {
    this.type = type;
    this.rebuild = rebuild;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.several = several;
    this.smoothQuant = smoothQuant;
    this.unpacks = unpacks;
    this.backward = backward;
    this.variables = variables;
  }

  /**
   * A layer type without tensors.
   *
   * @param type the user's class, exactly
   * @param rebuild builds the layer from the tensors that the hooks hand out
   */
  public static <L, R> LayerType<L, R> of(Class<?> type, BiFunction<L, LayerHooks, R> rebuild) {
    return new LayerType<>(
        type, rebuild, Map.of(), Map.of(), OptionalDouble.empty(), false, false, false);
  }

  /** With a quantized weight. */
  public LayerType<L, R> weight(String name, String layout, QuantDescriptor descriptor) {
    return with(name, TensorRole.WEIGHT, layout, Optional.of(descriptor));
  }

  /** With a weight that stays float. */
  public LayerType<L, R> weight(String name, String layout) {
    return with(name, TensorRole.WEIGHT, layout, Optional.empty());
  }

  /** With a bias. */
  public LayerType<L, R> bias(String name, String layout) {
    return with(name, TensorRole.BIAS, layout, Optional.empty());
  }

  /**
   * With a list or array of tensors where one is declared: each is a tensor of its own, {@code
   * name[0]}, {@code name[1]} and so on, as many as a layer holds.
   *
   * @param name a weight or bias that is declared already
   * @param held the layer's {@code List<INDArray>} or {@code INDArray[]}
   */
  public LayerType<L, R> several(String name, Function<? super L, ?> held) {
    if (!tensors.containsKey(name)) {
      throw new IllegalArgumentException(
          type.getName() + " has no tensor \"" + name + "\", only " + tensors.keySet());
    }
    Map<String, Function<? super L, ?>> more = new LinkedHashMap<>(several);
    more.put(name, held);
    return new LayerType<>(
        type,
        rebuild,
        tensors,
        Collections.unmodifiableMap(more),
        smoothQuant,
        unpacks,
        backward,
        variables);
  }

  /** The name of one of several tensors. */
  static String element(String name, int index) {
    return name + "[" + index + "]";
  }

  /** The type with the tensors that one layer holds, those of lists one by one. */
  LayerType<L, R> forLayer(L layer) {
    if (several.isEmpty()) {
      return this;
    }
    Map<String, LayerTensor> all = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          Function<? super L, ?> held = several.get(name);
          if (held == null) {
            all.put(name, tensor);
            return;
          }
          for (int i = 0; i < size(name, held.apply(layer)); i++) {
            String element = element(name, i);
            all.put(
                element,
                new LayerTensor(element, tensor.role(), tensor.layout(), tensor.descriptor()));
          }
        });
    return new LayerType<>(type, rebuild, all, Map.of(), smoothQuant, unpacks, backward, variables);
  }

  private int size(String name, @Nullable Object held) {
    if (held == null) {
      return 0;
    } else if (held instanceof List<?> list) {
      return list.size();
    } else if (held instanceof INDArray[] array) {
      return array.length;
    }
    throw new IllegalArgumentException(
        type.getName() + ": " + name + " is a " + held.getClass().getName());
  }

  /** With a quantized input of {@code forward}. */
  public LayerType<L, R> input(String name, String layout, QuantDescriptor descriptor) {
    return with(name, TensorRole.INPUT, layout, Optional.of(descriptor));
  }

  /** With an input of {@code forward} that stays float. */
  public LayerType<L, R> input(String name, String layout) {
    return with(name, TensorRole.INPUT, layout, Optional.empty());
  }

  /** With a quantized output. */
  public LayerType<L, R> output(QuantDescriptor descriptor) {
    return with(OUTPUT, TensorRole.OUTPUT, "", Optional.of(descriptor));
  }

  /**
   * With SmoothQuant.
   *
   * @param alpha 0 to 1, or NaN to search it
   */
  public LayerType<L, R> smoothQuant(double alpha) {
    return new LayerType<>(
        type, rebuild, tensors, several, OptionalDouble.of(alpha), unpacks, backward, variables);
  }

  /**
   * Returns this type for layers that can hold packed weights: their {@code forward} asks the hooks
   * for {@link LayerHooks#unpacked unpacked} ones.
   */
  public LayerType<L, R> compressible() {
    return new LayerType<>(type, rebuild, tensors, several, smoothQuant, true, backward, variables);
  }

  /** Which has a {@code backward} that the hooks see, so that it can be trained. */
  public LayerType<L, R> withBackward() {
    return new LayerType<>(type, rebuild, tensors, several, smoothQuant, unpacks, true, variables);
  }

  /** Whose tensors are the variables of a SameDiff graph. */
  public LayerType<L, R> ofVariables() {
    return new LayerType<>(type, rebuild, tensors, several, smoothQuant, unpacks, backward, true);
  }

  private LayerType<L, R> with(
      String name, TensorRole role, String layout, Optional<QuantDescriptor> descriptor) {
    if (name.equals(OUTPUT) != (role == TensorRole.OUTPUT)) {
      throw new IllegalArgumentException(
          type.getName() + ": \"" + OUTPUT + "\" is the name of the result, not of a " + role);
    }
    Map<String, LayerTensor> more = new LinkedHashMap<>(tensors);
    if (more.put(name, new LayerTensor(name, role, new Layout(layout), descriptor)) != null) {
      throw new IllegalArgumentException(
          type.getName() + " has two tensors of the name \"" + name + "\"");
    }
    return new LayerType<>(type, rebuild, more, several, smoothQuant, unpacks, backward, variables);
  }

  /** The user's class. */
  public Class<?> type() {
    return type;
  }

  /**
   * The tensors by name, in the order of declaration. A list or array of tensors is one here, and
   * one by one in the types that a walk shows.
   */
  public Map<String, LayerTensor> tensors() {
    return tensors;
  }

  /** Whether {@code @SmoothQuant} stands on the layer: its alpha, NaN to search it. */
  public OptionalDouble smoothQuant() {
    return smoothQuant;
  }

  /** Whether any tensor is quantized; a float layer can be folded into and trained. */
  public boolean isQuantized() {
    return tensors.values().stream().anyMatch(t -> t.descriptor().isPresent());
  }

  /** Returns whether the layer can hold packed weights, which it unpacks for each call. */
  public boolean isCompressible() {
    return unpacks;
  }

  /** Whether the layer has a {@code backward}, so that it can be trained. */
  public boolean hasBackward() {
    return backward;
  }

  R rebuild(L layer, LayerHooks hooks) {
    return rebuild.apply(layer, hooks);
  }

  /** Whether its tensors are the variables of a SameDiff graph, not arrays. */
  public boolean isOfVariables() {
    return variables;
  }
}
