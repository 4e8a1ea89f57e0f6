package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.Recipes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.TypeElement;

/** Holds the layer classes of a round. Each class is read once, and resolved once. */
public final class Layers {
  private final LayerReader reader;
  private final LayerResolver resolver;
  private final Map<String, Reading<DeclaredLayer>> declared = new HashMap<>();
  private final Map<String, LayerModel> resolved = new HashMap<>();

  /** Makes the layers, with the recipes that can replace {@code @Quantize}. */
  public Layers(Language language, Recipes recipes) {
    this.reader = new LayerReader(language, recipes);
    this.resolver = new LayerResolver(language);
  }

  /** Returns what a class declares. */
  public Reading<DeclaredLayer> read(TypeElement type) {
    return declared.computeIfAbsent(name(type), name -> reader.read(type));
  }

  /** Returns the layer that results from the declarations; empty if they cannot be read at all. */
  public Optional<LayerModel> resolve(TypeElement type) {
    return read(type)
        .model()
        .map(layer -> resolved.computeIfAbsent(name(type), name -> resolver.resolve(layer)));
  }

  private static String name(TypeElement type) {
    return type.getQualifiedName().toString();
  }
}
