package dev.bitfold.layer;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Rebuilds a component according to the exact class of its value. A value of a class that the model
 * was not compiled for is refused, because a wrapper would silently drop what that class overrides.
 * Immutable.
 *
 * @param <T> the declared type
 */
public final class ByClass<T> implements Component<T> {
  private final Map<Class<?>, Component<T>> components;

  ByClass(Map<Class<?>, Component<T>> components) {
    this.components = Collections.unmodifiableMap(components);
  }

  /** Returns this component with a layer class. */
  public ByClass<T> layer(LayerType<? extends T, ? extends T> type) {
    return with(type.type(), (value, walk) -> walk.layer(value, type));
  }

  /**
   * Returns this component with a model class.
   *
   * @param type the exact class
   * @param quantizer returns the component of the model, as in {@link Component#model(Supplier)}
   */
  @SuppressWarnings("unchecked") // The value's class is exactly that of the component.
  public <S extends T> ByClass<T> model(Class<?> type, Supplier<Component<S>> quantizer) {
    return with(type, (value, walk) -> quantizer.get().rebuild((S) value, walk));
  }

  /** Returns this component with a class in which there is nothing to rebuild. */
  public ByClass<T> asIs(Class<?> type) {
    return with(type, (value, walk) -> value);
  }

  private ByClass<T> with(Class<?> type, Component<T> component) {
    Map<Class<?>, Component<T>> more = new LinkedHashMap<>(components);
    more.put(type, component);
    return new ByClass<>(more);
  }

  @Override
  public T rebuild(T value, Walk walk) {
    Component<T> component = components.get(FloatLayer.classOf(value));
    if (component == null) {
      throw unknown(walk, value, components.keySet());
    }
    return component.rebuild(value, walk);
  }

  static IllegalArgumentException unknown(Walk walk, Object value, Collection<Class<?>> known) {
    String where = walk.path().isEmpty() ? "the model" : walk.path();
    String why =
        value instanceof HookedLayer
            ? "it is quantized already; quantize the original"
            : "a wrapper would drop what that class does differently; annotate it, list it in"
                + " @Implementations, or keep the component out with @SkipQuantize";
    return new IllegalArgumentException(
        where
            + " is a "
            + value.getClass().getName()
            + ", but its model was compiled for "
            + known.stream().map(Class::getName).collect(Collectors.joining(", "))
            + ": "
            + why);
  }
}
