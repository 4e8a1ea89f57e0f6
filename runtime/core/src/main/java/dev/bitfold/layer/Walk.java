package dev.bitfold.layer;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a model. What becomes of each layer is decided by the {@link Visitor}; an instance
 * that is met twice is rebuilt once, so tied layers stay tied. Used by one thread.
 */
public final class Walk {
  /** What a walk meets. */
  public interface Visitor {
    /**
     * A layer, met for the first time.
     *
     * @param path its name in the model: {@code encoder.3.attention.query}
     * @return the hooks to rebuild it with; null keeps it as it is
     */
    @Nullable ArrayHooks layer(String path, LayerType<?, ?> type);

    /**
     * A layer of a SameDiff graph's variables, met for the first time. Refuses it, unless the
     * visitor works on graphs.
     *
     * @param path its name in the model
     * @return the hooks to rebuild it with; null keeps it as it is
     */
    default @Nullable GraphHooks graphLayer(String path, LayerType<?, ?> type) {
      throw new IllegalStateException(
          path
              + " ("
              + type.type().getSimpleName()
              + ") is part of a SameDiff graph: QuantSameDiff.quantize(plan) of bitfold-samediff"
              + " puts its quantizers there");
    }

    /** A layer, before the visitor is asked for its hooks. */
    default void met(String path, Object layer) {}

    /** What a layer was rebuilt as. */
    default void rebuilt(String path, Object layer) {}

    /** A component that {@code @SkipQuantize} keeps float. */
    default void skipped(String path, Object component) {}

    /** A component that is not there: null, or an empty Optional. */
    default void absent(String path) {}

    /**
     * A layer or model that was met before.
     *
     * @param path where it is met again
     * @param first where it was met first, its name everywhere
     */
    default void again(String path, String first) {}

    /**
     * A component with {@code @SmoothInto}, told before the model's components are met.
     *
     * @param source its path
     * @param consumers the paths that the annotation lists, relative to the whole model; {@code *}
     *     stands for every element of a container
     */
    default void smoothInto(String source, List<String> consumers) {}
  }

  private final String path;
  private final Visitor visitor;
  private final Map<Object, Rebuilt> rebuilt;

  /** Null while it is being rebuilt. */
  private record Rebuilt(String path, @Nullable Object value) {}

  /** A walk that starts at the model. */
  public Walk(Visitor visitor) {
    this("", visitor, new IdentityHashMap<>());
  }

  private Walk(String path, Visitor visitor, Map<Object, Rebuilt> rebuilt) {
    this.path = path;
    this.visitor = visitor;
    this.rebuilt = rebuilt;
  }

  /** The name of the component that is being rebuilt; empty for the model itself. */
  public String path() {
    return path;
  }

  /** Rebuilds a component; null stays null. */
  public <T extends @Nullable Object> T visit(
      String name, T value, Component<@org.jspecify.annotations.NonNull T> component) {
    Walk child = child(name);
    if (value == null) {
      child.absent();
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
