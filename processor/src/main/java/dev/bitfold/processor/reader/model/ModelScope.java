package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.MixIns;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.layer.Layers;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.TypeElement;

/**
 * Tells what the classes that one model holds are. That depends on the model, which lists the
 * mix-ins that count in it.
 */
public final class ModelScope {
  private final Language language;
  private final SourceTypes sources;
  private final MixIns mixIns;
  private final LayerDetector detector;
  private final Holdings holdings;
  private final Layers layers;

  private ModelScope(Language language, SourceTypes sources, MixIns mixIns, Layers layers) {
    this.language = language;
    this.sources = sources;
    this.mixIns = mixIns;
    this.detector = new LayerDetector(new Recipes(language), mixIns);
    this.holdings = new Holdings(language, sources, detector);
    this.layers = layers.with(mixIns);
  }

  /** Returns the scope in which classes have no annotations but their own. */
  public static ModelScope outermost(Language language, SourceTypes sources, Layers layers) {
    return new ModelScope(language, sources, MixIns.NONE, layers);
  }

  /** Returns the same scope with one mix-in more. */
  public ModelScope with(MixIn mixIn) {
    Map<String, TypeElement> all = new HashMap<>(mixIns.byTarget());
    all.put(mixIn.target().getQualifiedName().toString(), mixIn.type());
    return new ModelScope(language, sources, new MixIns(all), layers);
  }

  /**
   * Returns the scope of a model that is in this scope.
   *
   * @param model the model class
   */
  public ModelScope into(TypeElement model) {
    Optional<TypeElement> mixIn = mixIns.find(model);
    Language inside =
        mixIn.map(type -> language.with(new MixIn(language, type, model))).orElse(language);
    return new ModelScope(inside, sources, MixIns.of(inside.home(model)), layers);
  }

  /** Returns the language, in which the model has the annotations of its mix-in. */
  public Language language() {
    return language;
  }

  /** Returns the classes that are being compiled. */
  SourceTypes sources() {
    return sources;
  }

  /** Returns the mix-ins that the model lists. */
  public MixIns mixIns() {
    return mixIns;
  }

  /** Returns what distinguishes layers and models in the model. */
  public LayerDetector detector() {
    return detector;
  }

  /** Returns the search for layers and models that the model holds. */
  public Holdings holdings() {
    return holdings;
  }

  /** Returns the layers that the model holds. */
  public Layers layers() {
    return layers;
  }
}
