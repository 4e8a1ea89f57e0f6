package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.reader.MixIns;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.Recipes;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.TypeElement;

/** Holds the layer classes of a round. Each class is read once, and resolved once. */
public final class Layers {
  private final Language language;
  private final LayerReader reader;
  private final LayerResolver resolver;
  private final MixIns mixIns;
  private final Map<String, Reading<DeclaredLayer>> declared;
  private final Map<String, LayerModel> resolved;
  private final Map<String, Layers> mixed;

  /** Makes the layers of a language. */
  public Layers(Language language) {
    this.language = language;
    this.reader = new LayerReader(language, new Recipes(language));
    this.resolver = new LayerResolver(language);
    this.mixIns = MixIns.NONE;
    this.declared = new HashMap<>();
    this.resolved = new HashMap<>();
    this.mixed = new HashMap<>();
  }

  private Layers(Layers others, MixIns mixIns) {
    this.language = others.language;
    this.reader = others.reader;
    this.resolver = others.resolver;
    this.mixIns = mixIns;
    this.declared = others.declared;
    this.resolved = others.resolved;
    this.mixed = others.mixed;
  }

  /** Returns the layers, of which some have the annotations of their mix-ins. */
  public Layers with(MixIns others) {
    return new Layers(this, others);
  }

  /** Returns what a class declares. */
  public Reading<DeclaredLayer> read(TypeElement type) {
    return mixIns.find(type).isPresent()
        ? mixed(type).read(type)
        : declared.computeIfAbsent(name(type), name -> reader.read(type));
  }

  private Layers mixed(TypeElement type) {
    TypeElement mixIn = mixIns.annotated(type);
    return mixed.computeIfAbsent(
        name(mixIn), name -> new Layers(language.with(new MixIn(language, mixIn, type))));
  }

  /** Returns the layer that results from the declarations; empty if they cannot be read at all. */
  public Optional<LayerModel> resolve(TypeElement type) {
    return mixIns.find(type).isPresent()
        ? mixed(type).resolve(type)
        : read(type)
            .model()
            .map(layer -> resolved.computeIfAbsent(name(type), name -> resolver.resolve(layer)));
  }

  private static String name(TypeElement type) {
    return type.getQualifiedName().toString();
  }
}
