package dev.bitfold.layer;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Passes over a model once. The {@link Visitor} decides what happens to each layer. An instance
 * that is met twice is rebuilt once, so tied layers stay tied. Not safe for concurrent use.
 */
public final class Walk {
  /** Handles what a walk meets. */
  public interface Visitor {
    /**
     * Returns the hooks of a layer that is met for the first time.
     *
     * @param path the path of the layer: {@code encoder.3.attention.query}
     * @return the hooks to rebuild the layer with; null to keep the layer as it is
     */
    @Nullable ArrayHooks layer(String path, LayerType<?, ?> type);

    /**
     * Returns the hooks of a layer of a SameDiff graph's variables that is met for the first time.
     * Refuses the layer unless the visitor works on graphs.
     *
     * @param path the path of the layer
     * @return the hooks to rebuild the layer with; null to keep the layer as it is
     */
    default @Nullable GraphHooks graphLayer(String path, LayerType<?, ?> type) {
      throw new IllegalStateException(
          path
              + " ("
              + type.type().getSimpleName()
              + ") is part of a SameDiff graph: QuantSameDiff.quantize(plan) of bitfold-samediff"
              + " puts its quantizers there");
    }

    /** Handles a layer before the visitor is asked for its hooks. */
    default void met(String path, Object layer) {}

    /** Handles a rebuilt layer. */
    default void rebuilt(String path, Object layer) {}

    /** Handles a component that {@code @SkipQuantize} keeps float. */
    default void skipped(String path, Object component) {}

    /** Handles a component that is an empty Optional or {@link #missing}. */
    default void absent(String path) {}

    /** Handles a component that is null. */
    default void missing(String path) {
      absent(path);
    }

    /**
     * Handles a layer or model that was met before.
     *
     * @param path the path where it is met again
     * @param first the path where it was met first, which is its name everywhere
     */
    default void again(String path, String first) {}

    /**
     * Handles a component with {@code @SmoothInto}, before the model's components are met.
     *
     * @param source the path of the component
     * @param consumers the paths that the annotation lists, relative to the whole model; {@code *}
     *     stands for every element of a container
     */
    default void smoothInto(String source, List<String> consumers) {}
  }

  private final String path;
  private final Visitor visitor;
  private final Map<Object, Rebuilt> rebuilt;

  /** Holds a rebuilt layer or model; the value is null while it is being rebuilt. */
  private record Rebuilt(String path, @Nullable Object value) {}

  /** Makes a walk that starts at the model. */
  public Walk(Visitor visitor) {
    this("", visitor, new IdentityHashMap<>());
  }

  private Walk(String path, Visitor visitor, Map<Object, Rebuilt> rebuilt) {
    this.path = path;
    this.visitor = visitor;
    this.rebuilt = rebuilt;
  }

  /** Returns the name of the component that is being rebuilt; empty for the model itself. */
  public String path() {
    return path;
  }

  /** Rebuilds a component; null stays null. */
  public <T extends @Nullable Object> T visit(
      String name, T value, Component<@org.jspecify.annotations.NonNull T> component) {
    Walk child = child(name);
    if (value == null) {
      visitor.missing(child.path);
      return value;
    }
    return component.rebuild(value, child);
  }

  void absent() {
    visitor.absent(path);
  }

  /**
   * Tells the visitor all consumers of a component's output; for generated code.
   *
   * @param source the component's name in the model that is being rebuilt
   * @param consumers paths of layers, relative to that model
   */
  public void smoothInto(String source, String... consumers) {
    visitor.smoothInto(
        child(source).path,
        Arrays.stream(consumers).map(consumer -> child(consumer).path).toList());
  }

  /** Keeps a component as it is. */
  public <T extends @Nullable Object> T skip(String name, T value) {
    if (value != null) {
      visitor.skipped(child(name).path, value);
    }
    return value;
  }

  private Walk child(String name) {
    return new Walk(path.isEmpty() ? name : path + "." + name, visitor, rebuilt);
  }

  @SuppressWarnings("unchecked") // A type builds what stands in for a value of its own class.
  <T> T layer(T value, LayerType<? extends T, ? extends T> type) {
    return this.<T>shared(
        value,
        () -> {
          visitor.met(path, value);
          T rebuilt = ((LayerType<T, ? extends T>) type).rebuild(value, path, visitor);
          if (rebuilt == null) {
            return value;
          }
          visitor.rebuilt(path, rebuilt);
          return rebuilt;
        });
  }

  @SuppressWarnings("unchecked") // What was rebuilt from a T is a T.
  <T> T shared(T value, Supplier<? extends T> rebuild) {
    Rebuilt known = rebuilt.get(value);
    if (known == null) {
      rebuilt.put(value, new Rebuilt(path, null));
      T made = rebuild.get();
      rebuilt.put(value, new Rebuilt(path, made));
      return made;
    }
    if (known.value() == null) {
      throw new IllegalStateException(
          path
              + " is the same object as "
              + (known.path().isEmpty() ? "the model" : known.path())
              + ", which holds it: a model is a tree");
    }
    visitor.again(path, known.path());
    return (T) known.value();
  }
}
