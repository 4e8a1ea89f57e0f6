package dev.bitfold.layer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/**
 * Rebuilds one component of a model: it returns an equal component in which the walk has handled
 * every layer. Stateless and safe for concurrent use.
 *
 * @param <T> the component's declared type
 */
@FunctionalInterface
public interface Component<T> {
  /** Returns the value with its layers rebuilt. */
  T rebuild(T value, Walk walk);

  /** Returns the component of a layer of exactly the class of the type. */
  static <T> Component<T> layer(LayerType<? extends T, ? extends T> type) {
    return Component.<T>byClass().layer(type);
  }

  /** Returns a component of an interface or abstract type, rebuilt by the value's exact class. */
  static <T> ByClass<T> byClass() {
    return new ByClass<>(Map.of());
  }

  /**
   * Returns the component of a model.
   *
   * @param type the exact class of the model; what a subclass overrides would be lost
   * @param rebuild calls the constructor with the visited components
   */
  static <T> Component<T> model(Class<?> type, BiFunction<T, Walk, T> rebuild) {
    return (value, walk) -> {
      if (value.getClass() != type) {
        throw ByClass.unknown(walk, value, List.of(type));
      }
      return walk.shared(value, () -> rebuild.apply(value, walk));
    };
  }

  /**
   * Returns the component of a model in a container. The model's quantizer is called only when a
   * walk meets the model. Therefore, the quantizers of models that hold each other can be
   * initialized in any order, by several threads.
   *
   * @param quantizer the {@code component} method of the model's generated quantizer
   */
  static <T> Component<T> model(Supplier<Component<T>> quantizer) {
    return (value, walk) -> quantizer.get().rebuild(value, walk);
  }

  /**
   * Returns the component of a type variable. It fits whatever the variable stands for, because a
   * rebuilt value is of the same class as the value or of a subclass; generated code sees to that.
   *
   * @param component the component of the variable's bound
   * @param <T> the bound
   * @param <B> the variable
   */
  @SuppressWarnings("unchecked") // What was rebuilt is of the class of the value, which is a B.
  static <T, B extends T> Component<B> bounded(Component<T> component) {
    return (value, walk) -> {
      T rebuilt = component.rebuild(value, walk);
      if (!value.getClass().isInstance(rebuilt)) {
        throw new IllegalStateException(
            walk.path()
                + " is a "
                + value.getClass().getName()
                + ", whose replacement is a "
                + rebuilt.getClass().getName()
                + ", which does not fit a type variable: compile the model again");
      }
      return (B) rebuilt;
    };
  }

  /**
   * Returns the component of a list, rebuilt as an unmodifiable list; elements are named by index.
   */
  static <T> Component<List<T>> list(Component<T> element) {
    return (values, walk) -> {
      List<T> rebuilt = new ArrayList<>(values.size());
      for (int i = 0; i < values.size(); i++) {
        rebuilt.add(walk.visit(Integer.toString(i), values.get(i), element));
      }
      return Collections.unmodifiableList(rebuilt);
    };
  }

  /**
   * Returns the component of a map, rebuilt as an unmodifiable map in the same order. Values are
   * named by their key. The text of a key must not be empty, must not contain dots or line ends,
   * and must be the same in every run.
   */
  static <K, T> Component<Map<K, T>> map(Component<T> element) {
    return (values, walk) -> {
      Map<K, T> rebuilt = new LinkedHashMap<>();
      values.forEach(
          (key, value) -> rebuilt.put(key, walk.visit(MapKey.name(key, walk), value, element)));
      return Collections.unmodifiableMap(rebuilt);
    };
  }

  /** Returns the component of an array; elements are named by index. */
  static <T> Component<T[]> array(Component<T> element) {
    return (values, walk) -> {
      T[] rebuilt = values.clone();
      for (int i = 0; i < rebuilt.length; i++) {
        rebuilt[i] = walk.visit(Integer.toString(i), rebuilt[i], element);
      }
      return rebuilt;
    };
  }

  /** Returns the component of an optional value, which has the component's own name. */
  static <T> Component<Optional<T>> optional(Component<T> element) {
    return (value, walk) -> {
      if (value.isEmpty()) {
        walk.absent();
      }
      return value.map(v -> element.rebuild(v, walk));
    };
  }
}
