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
 * How to rebuild one component of a model: the same thing again, with every layer in it passed
 * through the walk. Stateless and safe for concurrent use.
 *
 * @param <T> the component's declared type
 */
@FunctionalInterface
public interface Component<T> {
  /** The same value again, its layers rebuilt. */
  T rebuild(T value, Walk walk);

  /** A layer of exactly the class of the type. */
  static <T> Component<T> layer(LayerType<? extends T, ? extends T> type) {
    return Component.<T>byClass().layer(type);
  }

  /** A component of an interface or abstract type, told apart by the exact class of the value. */
  static <T> ByClass<T> byClass() {
    return new ByClass<>(Map.of());
  }

  /**
   * A model.
   *
   * @param type the model's class, exactly: a subclass could override what would then be lost
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
   * Returns the component of a model in a container. Its quantizer is not asked before a walk meets
   * the model, so the quantizers of models that hold each other can be initialized in any order, by
   * several threads.
   *
   * @param quantizer the {@code component} method of the model's generated quantizer
   */
  static <T> Component<T> model(Supplier<Component<T>> quantizer) {
    return (value, walk) -> quantizer.get().rebuild(value, walk);
  }

  /** A list, rebuilt as an unmodifiable one; the elements are named by their index. */
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
   * A map, rebuilt as an unmodifiable one in the same order; the values are named by their key,
   * whose text must be a name: not empty, without dots and line ends, the same in every run.
   */
  static <K, T> Component<Map<K, T>> map(Component<T> element) {
    return (values, walk) -> {
      Map<K, T> rebuilt = new LinkedHashMap<>();
      values.forEach(
          (key, value) -> rebuilt.put(key, walk.visit(MapKey.name(key, walk), value, element)));
      return Collections.unmodifiableMap(rebuilt);
    };
  }

  /** An array; the elements are named by their index. */
  static <T> Component<T[]> array(Component<T> element) {
    return (values, walk) -> {
      T[] rebuilt = values.clone();
      for (int i = 0; i < rebuilt.length; i++) {
        rebuilt[i] = walk.visit(Integer.toString(i), rebuilt[i], element);
      }
      return rebuilt;
    };
  }

  /** A value that may be absent; it has the component's own name. */
  static <T> Component<Optional<T>> optional(Component<T> element) {
    return (value, walk) -> {
      if (value.isEmpty()) {
        walk.absent();
      }
      return value.map(v -> element.rebuild(v, walk));
    };
  }
}
