package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.internal.state.ModelShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Finds the layers that the paths of {@code @SmoothInto} name in a model. */
public final class FoldResolver {
  private final ModelShape shape;
  private final Map<String, String> names = new LinkedHashMap<>();

  private FoldResolver(ModelShape shape) {
    this.shape = shape;
    shape.layers().keySet().forEach(path -> names.put(path, path));
    shape.sharing().again().forEach(this::addAgain);
  }

  /** Adds the further paths of a layer, or of the layers in a model, that is met again. */
  private void addAgain(String path, String first) {
    for (String layer : shape.layers().keySet()) {
      if (layer.equals(first)) {
        names.put(path, layer);
      } else if (layer.startsWith(first + ".")) {
        names.put(path + layer.substring(first.length()), layer);
      }
    }
  }

  /**
   * Returns the folds of a model. A source that is met twice has the consumers of both places. A
   * component that is null or empty is neither a source nor a consumer.
   *
   * @throws IllegalArgumentException if a path names no layer, if a layer consumes two sources, or
   *     as {@link Fold#of} does
   */
  public static List<Fold> resolve(ModelShape shape) {
    return new FoldResolver(shape).resolve();
  }

  private List<Fold> resolve() {
    Map<String, Fold> folds = new LinkedHashMap<>();
    shape
        .sharing()
        .consumers()
        .forEach(
            (declared, paths) -> {
              if (!isAbsent(declared)) {
                String source = layer(declared, declared);
                Set<String> consumers = new LinkedHashSet<>();
                paths.forEach(path -> consumers.addAll(consumers(declared, path)));
                if (consumers.contains(source)) {
                  throw new IllegalArgumentException(
                      declared + ": @SmoothInto lists it as a consumer of itself");
                }
                if (!consumers.isEmpty()) {
                  folds.merge(source, Fold.of(at(source), at(consumers)), Fold::and);
                }
              }
            });
    Map<String, String> sources = new LinkedHashMap<>();
    for (Fold fold : folds.values()) {
      for (String consumer : fold.consumerPaths()) {
        String other = sources.put(consumer, fold.source().path());
        if (other != null) {
          throw new IllegalArgumentException(
              consumer
                  + " is listed as a consumer of "
                  + other
                  + " and of "
                  + fold.source().path()
                  + ": its weights can take over the scale of one source only; list it once");
        }
      }
    }
    return new ArrayList<>(folds.values());
  }

  private List<String> consumers(String source, String path) {
    if (path.contains("*")) {
      Pattern pattern =
          Pattern.compile(
              Stream.of(path.split("\\*", -1))
                  .map(Pattern::quote)
                  .collect(Collectors.joining("[^.]+")));
      return names.entrySet().stream()
          .filter(name -> pattern.matcher(name.getKey()).matches())
          .map(Map.Entry::getValue)
          .distinct()
          .toList();
    }
    return isAbsent(path) ? List.of() : List.of(layer(source, path));
  }

  private boolean isAbsent(String path) {
    return shape.sharing().absent().stream()
        .anyMatch(absent -> path.equals(absent) || path.startsWith(absent + "."));
  }

  private String layer(String source, String path) {
    String layer = names.get(path);
    if (layer == null) {
      throw new IllegalArgumentException(
          source
              + ": @SmoothInto lists "
              + path
              + ", and the model has no such layer; "
              + NearestName.question(path, names.keySet()));
    }
    return layer;
  }

  private ModelShape.Layer at(String path) {
    return Objects.requireNonNull(shape.layers().get(path));
  }

  private List<ModelShape.Layer> at(Set<String> paths) {
    return paths.stream().map(this::at).toList();
  }
}
