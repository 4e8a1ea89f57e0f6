package dev.bitfold.processor.validation;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.Reading;
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
  private final FieldRules fields;
  private final LayerRules layers;
  private final SealedRules sealed;
  private final ModelRules models;
  private final Holdings holdings;

  /** With what tells layers from other classes. */
  public Validator(
      Language language, SourceTypes sources, LayerDetector detector, Holdings holdings) {
    this.language = language;
    this.sources = sources;
    this.holdings = holdings;
    this.places = new PlaceRules(language, detector);
    this.fields = new FieldRules(language, holdings);
    this.layers = new LayerRules(language);
    this.sealed = new SealedRules(language);
    this.models = new ModelRules(language, detector, holdings);
  }

  /** Finds annotations that have no effect where they stand. */
  public void checkPlaces(TypeElement type, Problems problems) {
    places.check(type, problems);
  }

  /** Checks a class that was generated in an earlier round. */
  public void checkGenerated(TypeElement type, Problems problems) {
    sealed.checkWrapper(type, problems);
  }

  /** Checks a layer. */
  public void checkLayer(TypeElement type, Reading<LayerModel> reading, Problems problems) {
    checkRuntime(type, problems);
    if (reading.model().isEmpty()) {
      return;
    }
    LayerModel layer = reading.model().get();
    Set<String> carried =
        layer.arguments().isEmpty()
            ? constructorParameters(type)
            : layer.arguments().stream().map(a -> a.name()).collect(Collectors.toSet());
    boolean hidden = reading.problems().list().stream().anyMatch(p -> p.id() == ProblemId.LOMBOK);
    if (!hidden) {
      fields.checkMutable(type, carried, problems);
    }
    Optional<VariableElement> holding = holdings.holdingField(type);
    holding.ifPresent(
        field ->
            problems.add(
                ProblemId.LAYER_AND_MODEL,
                Place.at(type),
                type.getSimpleName(),
                "it has tensors or quantizers of its own and holds other layers ("
                    + field.getSimpleName()
                    + ")"));
    sealed.checkLayer(type, layer, problems);
    layers.check(type, layer, reading.problems().isEmpty(), problems);
  }

  /** Checks a model. */
  public void checkModel(TypeElement type, Reading<ModelModel> reading, Problems problems) {
    checkRuntime(type, problems);
    models.check(type, reading, problems);
    if (reading.model().isPresent() && type.getKind() == ElementKind.CLASS) {
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
