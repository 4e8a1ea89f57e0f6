package dev.bitfold.internal.state;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.descriptor.PathPattern;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Selects the tensors or layers that a user names by a path, by a pattern of paths, or by a class
 * of layers.
 *
 * <p>In a pattern, {@code *} stands for any part of a name, and {@code **} stands for any number of
 * names: {@code blocks.*.fc1}, {@code **.weight}. Immutable.
 */
public final class Selection {
  private final String text;
  private final boolean pattern;
  private final Predicate<TensorSite> tensors;
  private final Predicate<ModelShape.Layer> layers;

  private Selection(
      String text,
      boolean pattern,
      Predicate<TensorSite> tensors,
      Predicate<ModelShape.Layer> layers) {
    this.text = text;
    this.pattern = pattern;
    this.tensors = tensors;
    this.layers = layers;
  }

  /** Returns the selection of a path or a pattern. */
  public static Selection of(String path) {
    Objects.requireNonNull(path, "path");
    PathPattern pattern = PathPattern.of(path);
    return new Selection(
        path,
        pattern.isPattern(),
        site -> pattern.matches(site.path()),
        layer -> pattern.matches(layer.path()));
  }

  /** Returns the selection of the layers of a class and of its subclasses. */
  public static Selection of(Class<?> type) {
    Objects.requireNonNull(type, "type");
    return new Selection(
        type.getSimpleName(), true, site -> false, layer -> isOf(type, layer.type().type()));
  }

  /** Returns the selection of one tensor in the layers of a class and of its subclasses. */
  public static Selection of(Class<?> type, String tensor) {
    Objects.requireNonNull(type, "type");
    Objects.requireNonNull(tensor, "tensor");
    return new Selection(
        type.getSimpleName() + "." + tensor,
        true,
        site -> site.tensor().name().equals(tensor) && isOf(type, site.type()),
        layer -> false);
  }

  private static boolean isOf(Class<?> wanted, Class<?> type) {
    return wanted.isAssignableFrom(type);
  }

  /** Returns whether this selection may match several paths. */
  public boolean isPattern() {
    return pattern;
  }

  /**
   * Returns the paths of the selected tensors.
   *
   * @param among the paths to select from
   * @param what the kind of the tensors, for the message
   * @throws IllegalArgumentException if nothing is selected; the message has similar paths
   */
  public Set<String> tensors(ModelShape shape, Collection<String> among, String what) {
    Set<String> found = new LinkedHashSet<>();
    for (String path : among) {
      if (tensors.test(shape.site(path))) {
        found.add(path);
      }
    }
    return required(found, among, what);
  }

  /**
   * Returns the paths of the selected tensors and of the tensors in selected layers.
   *
   * @param among the paths to select from
   * @param what the kind of the tensors and layers, for the message
   * @throws IllegalArgumentException if nothing is selected; the message has similar paths
   */
  public Set<String> tensorsAndLayers(ModelShape shape, Collection<String> among, String what) {
    Set<String> found = new LinkedHashSet<>();
    Set<String> known = new LinkedHashSet<>(among);
    for (String path : among) {
      TensorSite site = shape.site(path);
      if (tensors.test(site) || layers.test(shape.layer(site))) {
        found.add(path);
      }
      known.add(site.layer());
    }
    return required(found, known, what);
  }

  /**
   * Returns the paths of the selected layers.
   *
   * @param among the layers to select from
   * @param what the kind of the layers, for the message
   * @throws IllegalArgumentException if nothing is selected; the message has similar paths
   */
  public Set<String> layers(Collection<ModelShape.Layer> among, String what) {
    Set<String> found = new LinkedHashSet<>();
    Set<String> known = new LinkedHashSet<>();
    for (ModelShape.Layer layer : among) {
      if (layers.test(layer)) {
        found.add(layer.path());
      }
      known.add(layer.path());
    }
    return required(found, known, what);
  }

  private Set<String> required(Set<String> found, Collection<String> known, String what) {
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "the model has no "
              + what
              + " '"
              + text
              + "'; "
              + NearestName.question(
                  text, known.stream().map(PathPattern.of(text)::alike).distinct().toList()));
    }
    return found;
  }
}
