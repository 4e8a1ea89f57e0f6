package dev.bitfold.processor.validation;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.DeclaredRecipe;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.model.DeclaredModel;
import dev.bitfold.processor.reader.model.ModelScope;
import dev.bitfold.processor.reader.onnx.DeclaredOnnx;
import dev.bitfold.processor.validation.layer.LayerValidator;
import dev.bitfold.processor.validation.mixin.MixInRules;
import dev.bitfold.processor.validation.model.ModelValidator;
import dev.bitfold.processor.validation.onnx.OnnxValidator;
import dev.bitfold.processor.validation.place.PlaceRules;
import dev.bitfold.processor.validation.quantizer.RecipeRules;
import java.util.Optional;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/** Checks the results of reading, one class at a time. */
public final class Validator {
  private final Language language;
  private final SourceTypes sources;
  private final PlaceRules places;
  private final MixInRules mixIns;
  private final RecipeRules recipes;
  private final LayerValidator layers;

  /** Makes a validator, which needs to distinguish layers from other classes. */
  public Validator(ModelScope scope, SourceTypes sources) {
    this.language = scope.language();
    this.sources = sources;
    this.places = new PlaceRules(language, scope.detector());
    this.mixIns = new MixInRules(language, scope.detector());
    this.recipes = new RecipeRules(sources);
    this.layers = new LayerValidator(language, scope.holdings(), recipes);
  }

  /** Checks a class that is not a recipe, layer or model. */
  public void checkOther(TypeElement type, Problems problems) {
    places.check(type, problems);
    layers.checkWrapper(type, problems);
  }

  /** Returns a mix-in with its class; empty if there is a problem, which is reported. */
  public Optional<MixIn> checkMixIn(TypeElement type, Problems problems) {
    places.check(type, problems);
    return mixIns.check(type, problems);
  }

  /** Checks a recipe. */
  public void checkRecipe(DeclaredRecipe recipe, Problems problems) {
    recipes.check(recipe, problems);
    places.check(recipe.type(), problems);
  }

  /**
   * Checks a layer class, as far as it can be read.
   *
   * @param scope the scope of what the class holds
   * @param layer the layer that results from its declarations
   */
  public void checkLayer(
      ModelScope scope,
      TypeElement type,
      Reading<DeclaredLayer> reading,
      Optional<LayerModel> layer,
      Problems problems) {
    checkItself(scope, type, problems);
    if (reading.model().isPresent() && layer.isPresent()) {
      new LayerValidator(scope.language(), scope.holdings(), recipes)
          .check(reading.model().get(), layer.get(), reading.problems(), problems);
    }
  }

  /**
   * Checks a model class, as far as it can be read.
   *
   * @param scope the scope of what the class holds
   */
  public void checkModel(
      ModelScope scope, TypeElement type, Reading<DeclaredModel> reading, Problems problems) {
    checkItself(scope, type, problems);
    new ModelValidator(scope).check(type, reading, problems);
  }

  /** Checks an interface that stands for an ONNX file, as far as it can be read. */
  public void checkOnnx(TypeElement type, Reading<DeclaredOnnx> reading, Problems problems) {
    new OnnxValidator(language, recipes).check(type, reading, problems);
  }

  private void checkItself(ModelScope scope, TypeElement type, Problems problems) {
    TypeElement annotated = scope.language().home(type);
    if (annotated.equals(type)) {
      places.check(type, problems); // A mix-in's places were checked before its class was read.
    }
    checkRuntime(annotated, problems);
  }

  /** Returns why a generated class cannot have its name; empty if it can. */
  public Optional<String> nameTaken(Subject subject) {
    // The answer does not come from javac, which would look for the file in each place of the class
    // path.
    String name = subject.generated().canonicalName();
    if (sources.containsTopLevel(name)) {
      return Optional.of("already exists");
    }
    return sources.containsPackage(name)
        ? Optional.of("would have the name of the package " + name)
        : Optional.empty();
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
            "has contract version "
                + number
                + ", and this processor needs "
                + BitfoldNames.CONTRACT_VERSION);
      }
    }
  }
}
