package dev.bitfold.layer;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes a layer class: its tensors, and how to rebuild it with hooks. Immutable.
 *
 * @param <L> the user's class
 * @param <R> the class of the rebuilt layer: the generated wrapper, or {@code L} itself
 */
public final class LayerType<L, R> {
  /** The name of the tensor that {@code forward} returns. */
  public static final String OUTPUT = "output";

  /** Rebuilds a layer with the hooks of a visitor; null if the visitor keeps the layer. */
  @FunctionalInterface
  private interface Rebuild<L, R> {
    @Nullable R apply(L layer, String path, LayerType<?, ?> type, Walk.Visitor visitor);
  }

  private final Class<?> type;
  private final Rebuild<L, R> rebuild;
  private final Map<String, LayerTensor> tensors;
  private final Map<String, Function<? super L, ?>> several;
  private final Alpha alpha;
  private final boolean unpacks;
  private final boolean backward;
  private final boolean variables;

  private LayerType(Builder<L, R> builder, Map<String, LayerTensor> tensors) {
    this.type = builder.type;
    this.rebuild = builder.rebuild;
    this.tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    this.several = Collections.unmodifiableMap(new LinkedHashMap<>(builder.several));
    this.alpha = builder.alpha;
    this.unpacks = builder.unpacks;
    this.backward = builder.backward;
    this.variables = builder.variables;
  }

  private LayerType(LayerType<L, R> other, Map<String, LayerTensor> tensors) {
    this.type = other.type;
    this.rebuild = other.rebuild;
    this.tensors = Collections.unmodifiableMap(tensors);
    this.several = Map.of();
    this.alpha = other.alpha;
    this.unpacks = other.unpacks;
    this.backward = other.backward;
    this.variables = other.variables;
  }

  /**
   * Returns a builder of the type of a layer that computes on arrays.
   *
   * @param type the user's exact class
   * @param rebuild rebuilds the layer from the tensors that the hooks return
   */
  public static <L, R> Builder<L, R> builder(Class<?> type, BiFunction<L, ArrayHooks, R> rebuild) {
    return new Builder<>(
        type,
        false,
        (layer, path, held, visitor) -> {
          ArrayHooks hooks = visitor.layer(path, held);
          return hooks == null ? null : rebuild.apply(layer, hooks);
        });
  }

  /**
   * Returns a builder of the type of a layer whose tensors are the variables of a SameDiff graph.
   *
   * @param type the user's exact class
   * @param rebuild rebuilds the layer from the variables that the hooks return
   */
  public static <L, R> Builder<L, R> graphBuilder(
      Class<?> type, BiFunction<L, GraphHooks, R> rebuild) {
    return new Builder<>(
        type,
        true,
        (layer, path, held, visitor) -> {
          GraphHooks hooks = visitor.graphLayer(path, held);
          return hooks == null ? null : rebuild.apply(layer, hooks);
        });
  }

  /** Describes the tensors of a layer type, in the order of their declaration. */
  public static final class Builder<L, R> {
    private final Class<?> type;
    private final boolean variables;
    private final Rebuild<L, R> rebuild;
    private final Map<String, LayerTensor> tensors = new LinkedHashMap<>();
    private final Map<String, Function<? super L, ?>> several = new LinkedHashMap<>();
    private Alpha alpha = Alpha.off();
    private boolean unpacks;
    private boolean backward;

    private Builder(Class<?> type, boolean variables, Rebuild<L, R> rebuild) {
      this.type = type;
      this.variables = variables;
      this.rebuild = rebuild;
    }

    /** Adds a quantized weight. */
    public Builder<L, R> weight(String name, String layout, QuantDescriptor descriptor) {
      return with(name, TensorRole.WEIGHT, layout, Optional.of(descriptor));
    }

    /** Adds a weight that stays float. */
    public Builder<L, R> weight(String name, String layout) {
      return with(name, TensorRole.WEIGHT, layout, Optional.empty());
    }

    /** Adds a bias. */
    public Builder<L, R> bias(String name, String layout) {
      return with(name, TensorRole.BIAS, layout, Optional.empty());
    }

    /**
     * Declares that a weight or bias is a list or array of tensors. Each element is a separate
     * tensor, {@code name[0]}, {@code name[1]} and so on, as many as a layer holds.
     *
     * @param name a weight or bias that is already declared
     * @param held returns the layer's {@code List<INDArray>} or {@code INDArray[]}
     */
    public Builder<L, R> several(String name, Function<? super L, ?> held) {
      if (!tensors.containsKey(name)) {
        throw new IllegalArgumentException(
            type.getName() + " has no tensor \"" + name + "\", only " + tensors.keySet());
      }
      several.put(name, held);
      return this;
    }

    /** Adds a quantized input of {@code forward}. */
    public Builder<L, R> input(String name, String layout, QuantDescriptor descriptor) {
      return with(name, TensorRole.INPUT, layout, Optional.of(descriptor));
    }

    /**
     * Declares that the layer takes the codes of a weight or input, and their scale.
     *
     * @param name a weight or input that is already declared
     */
    public Builder<L, R> codes(String name) {
      LayerTensor tensor = tensors.get(name);
      if (tensor == null) {
        throw new IllegalArgumentException(
            type.getName() + " has no tensor \"" + name + "\", only " + tensors.keySet());
      }
      tensors.put(
          name, new LayerTensor(name, tensor.role(), tensor.layout(), tensor.descriptor(), true));
      return this;
    }

    /** Adds an input of {@code forward} that stays float. */
    public Builder<L, R> input(String name, String layout) {
      return with(name, TensorRole.INPUT, layout, Optional.empty());
    }

    /** Adds a quantized output. */
    public Builder<L, R> output(QuantDescriptor descriptor) {
      return with(OUTPUT, TensorRole.OUTPUT, "", Optional.of(descriptor));
    }

    /** Marks the layer {@code @SmoothQuant} with an alpha that is searched. */
    public Builder<L, R> smoothQuant() {
      alpha = Alpha.searched();
      return this;
    }

    /**
     * Marks the layer {@code @SmoothQuant}.
     *
     * @param value 0 to 1
     * @throws IllegalArgumentException if the value is outside [0, 1] or NaN
     */
    public Builder<L, R> smoothQuant(double value) {
      alpha = Alpha.of(value);
      return this;
    }

    /**
     * Declares that {@code forward} asks the hooks for {@link ArrayHooks#unpacked unpacked}
     * weights.
     */
    public Builder<L, R> unpackingWeights() {
      unpacks = true;
      return this;
    }

    /** Declares that the layer's {@code backward} calls the hooks, so that it can be trained. */
    public Builder<L, R> withBackward() {
      backward = true;
      return this;
    }

    private Builder<L, R> with(
        String name, TensorRole role, String layout, Optional<QuantDescriptor> descriptor) {
      if (name.equals(OUTPUT) != (role == TensorRole.OUTPUT)) {
        throw new IllegalArgumentException(
            type.getName() + ": \"" + OUTPUT + "\" is the name of the result, not of a " + role);
      }
      LayerTensor tensor = new LayerTensor(name, role, new Layout(layout), descriptor);
      if (tensors.put(name, tensor) != null) {
        throw new IllegalArgumentException(
            type.getName() + " has two tensors of the name \"" + name + "\"");
      }
      return this;
    }

    /** Returns the type. */
    public LayerType<L, R> build() {
      return new LayerType<>(this, tensors);
    }
  }

  /** Returns the name of one of several tensors. */
  static String element(String name, int index) {
    return name + "[" + index + "]";
  }

  /** Returns whether a name is that of one of several tensors. */
  public static boolean isElement(String name) {
    return name.endsWith("]");
  }

  /** Returns the type with the tensors that one layer holds, with one for each list element. */
  private LayerType<L, R> forLayer(L layer) {
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
    return new LayerType<>(this, all);
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

  /** Rebuilds a layer with a visitor's hooks; null if the visitor keeps the layer as it is. */
  @SuppressWarnings("unchecked") // The layer behind a wrapper is of this type's class.
  @Nullable R rebuild(L layer, String path, Walk.Visitor visitor) {
    FloatLayer behind = FloatLayer.of(layer);
    if (behind != null) {
      return linked((L) behind.layer(), path, behind.over(visitor));
    }
    return linked(layer, path, visitor);
  }

  /**
   * Rebuilds a layer of the user's own class.
   *
   * @throws IllegalStateException if the wrapper was compiled against another version of the class
   */
  private @Nullable R linked(L layer, String path, Walk.Visitor visitor) {
    try {
      return rebuild.apply(layer, path, forLayer(layer), visitor);
    } catch (LinkageError e) {
      throw new IllegalStateException(
          path
              + ": "
              + type.getName()
              + " is not the version that its wrapper was compiled against ("
              + e.getMessage()
              + "): compile the wrapper again, with the jar that the program runs with",
          e);
    }
  }

  /** Returns the user's class. */
  public Class<?> type() {
    return type;
  }

  /**
   * Returns the tensors by name, in the order of declaration. A list or array counts as one tensor
   * here. In the types that a walk passes to its visitor, each element is a tensor.
   */
  public Map<String, LayerTensor> tensors() {
    return tensors;
  }

  /** Returns the alpha of the layer's {@code @SmoothQuant}; off if it has none. */
  public Alpha alpha() {
    return alpha;
  }

  /** Returns whether any tensor is quantized. */
  public boolean isQuantized() {
    return tensors.values().stream().anyMatch(t -> t.descriptor().isPresent());
  }

  /** Returns whether the layer can hold packed weights, which it unpacks for each call. */
  public boolean unpacksWeights() {
    return unpacks;
  }

  /** Returns whether the layer has a {@code backward}, so that it can be trained. */
  public boolean hasBackward() {
    return backward;
  }

  /** Returns whether the tensors are variables of a SameDiff graph instead of arrays. */
  public boolean isOfVariables() {
    return variables;
  }
}
