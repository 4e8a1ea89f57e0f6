package dev.bitfold.processor.validation;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.DeclaredRecipe;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.creator.Creator;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.Layers;
import dev.bitfold.processor.reader.model.DeclaredModel;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/** All rules that go beyond reading. */
public final class Validator {
  private final Language language;
  private final SourceTypes sources;
  private final PlaceRules places;
  private final RecipeRules recipes;
  private final FieldRules fields;
  private final LayerRules layers;
  private final SealedRules sealed;
  private final ModelRules models;
  private final ComponentRules components;
  private final Holdings holdings;

  /** With what tells layers from other classes, and what they declare. */
  public Validator(
      Language language,
      SourceTypes sources,
      LayerDetector detector,
      Holdings holdings,
      Layers declared) {
    this.language = language;
    this.sources = sources;
    this.holdings = holdings;
    this.places = new PlaceRules(language, detector);
    this.recipes = new RecipeRules(sources);
    this.fields = new FieldRules(language, holdings);
    this.layers = new LayerRules(language);
    this.sealed = new SealedRules(language);
    this.models = new ModelRules(language, detector, holdings);
    this.components =
        new ComponentRules(
            new FoldRules(declared, new ConsumerPaths(language, detector, holdings)));
  }

  /** Finds annotations that have no effect where they stand. */
  public void checkPlaces(TypeElement type, Problems problems) {
    places.check(type, problems);
  }

  /** Checks a class that was generated in an earlier round. */
  public void checkGenerated(TypeElement type, Problems problems) {
    sealed.checkWrapper(type, problems);
  }

  /** Checks a recipe. */
  public void checkRecipe(DeclaredRecipe recipe, Problems problems) {
    recipes.check(recipe, problems);
  }

  /** Checks a layer class, as far as it can be read. */
  public void checkLayer(
      TypeElement type,
      Reading<DeclaredLayer> reading,
      Optional<LayerModel> layer,
      Problems problems) {
    checkRuntime(type, problems);
    if (reading.model().isPresent() && layer.isPresent()) {
      checkLayer(reading.model().get(), layer.get(), reading.problems(), problems);
    }
  }

  private void checkLayer(
      DeclaredLayer declared, LayerModel layer, Problems unread, Problems problems) {
    TypeElement type = declared.type();
    Problems declarations = new Problems();
    new TensorRules(declared, declarations).check();
    declared
        .creator()
        .ifPresent(
            creator -> {
              new CreatorRules(language, type, creator, declarations).check();
              new FinalFieldRules(language, type, creator)
                  .check(field -> isTensor(declared, field), declarations);
            });
    new LayerQuantizerRules(declared, recipes, declarations).check();
    new ForwardRules(language, declared, declarations).check();
    new BackwardRules(language, declared, declarations).check();
    problems.addAll(declarations);

    boolean hidden = unread.list().stream().anyMatch(p -> p.id() == ProblemId.LOMBOK);
    if (!hidden) {
      fields.checkMutable(type, carried(declared), problems);
    }
    holdings
        .holdingField(type)
        .ifPresent(
            field ->
                problems.add(
                    ProblemId.LAYER_AND_MODEL,
                    Place.at(type),
                    type.getSimpleName(),
                    "it has tensors or quantizers of its own and holds other layers ("
                        + field.getSimpleName()
                        + ")"));
    sealed.checkLayer(type, layer, problems);
    layers.check(declared, layer, problems);
    if (unread.isEmpty() && declarations.isEmpty()) {
      layers.checkSmoothQuant(declared, problems); // It would repeat earlier problems.
    }
  }

  private static boolean isTensor(DeclaredLayer layer, VariableElement field) {
    return layer.tensors().stream().anyMatch(t -> field.getSimpleName().contentEquals(t.name()));
  }

  private static Set<String> carried(DeclaredLayer layer) {
    Set<String> carried =
        layer.creator().stream()
            .flatMap(creator -> creator.arguments().stream())
            .map(Creator.Argument::name)
            .collect(Collectors.toSet());
    return carried.isEmpty() ? constructorParameters(layer.type()) : carried;
  }

  /** Checks a model class, as far as it can be read. */
  public void checkModel(TypeElement type, Reading<DeclaredModel> reading, Problems problems) {
    checkRuntime(type, problems);
    models.check(type, problems);
    reading.model().ifPresent(model -> checkModel(model, reading.problems(), problems));
  }

  private void checkModel(DeclaredModel model, Problems unread, Problems problems) {
    TypeElement type = model.type();
    Problems declarations = new Problems();
    new CreatorRules(language, type, model.creator(), declarations).check();
    new FinalFieldRules(language, type, model.creator())
        .check(field -> holdings.any(field.asType()), declarations);
    components.check(model, declarations);
    if (unread.isEmpty() && declarations.isEmpty()) {
      models.checkComponents(model, declarations);
    }
    problems.addAll(declarations);
    if (type.getKind() == ElementKind.CLASS) {
      Set<String> carried = constructorParameters(type);
      fields.checkMutable(type, carried, problems);
      fields.checkComponents(type, carried, problems);
    }
  }

  private static Set<String> constructorParameters(TypeElement type) {
    return ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
        .flatMap(c -> c.getParameters().stream())
        .map(p -> p.getSimpleName().toString())
        .collect(Collectors.toSet());
  }

  /** Whether nothing of the user's has the name of a class that is to be generated. */
  public boolean isNameFree(Subject subject) {
    // Not asked of javac, which would look for the file in each place of the class path.
    return !sources.containsTopLevel(subject.generated().canonicalName());
  }

  private void checkRuntime(TypeElement type, Problems problems) {
    Optional<TypeElement> mark =
        language.findFrom(type, BitfoldNames.GENERATED_LAYER.canonicalName());
    if (mark.isEmpty()) {
      problems.add(
          ProblemId.RUNTIME_MISSING,
          Place.at(type),
          type.getSimpleName(),
          "is not on the compile class path");
      return;
    }
    for (VariableElement field : ElementFilter.fieldsIn(mark.get().getEnclosedElements())) {
      Object version = field.getConstantValue();
      if (field.getSimpleName().contentEquals("CURRENT")
          && version instanceof Integer number
          && number != BitfoldNames.CONTRACT_VERSION) {
        problems.add(
            ProblemId.RUNTIME_MISSING,
            Place.at(type),
            type.getSimpleName(),
            "is of another version ("
                + number
                + ", the processor's is "
                + BitfoldNames.CONTRACT_VERSION
                + ")");
      }
    }
  }
}
