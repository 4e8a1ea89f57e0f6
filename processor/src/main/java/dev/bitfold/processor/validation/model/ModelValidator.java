package dev.bitfold.processor.validation.model;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.creator.Creation;
import dev.bitfold.processor.reader.model.DeclaredModel;
import dev.bitfold.processor.reader.model.ModelScope;
import dev.bitfold.processor.validation.creator.Carried;
import dev.bitfold.processor.validation.creator.CreatorRules;
import java.util.List;
import java.util.function.Predicate;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;

/** Checks model classes. */
public final class ModelValidator {
  private final Language language;
  private final Holdings holdings;
  private final ModelRules models;
  private final ComponentRules components;

  /** Makes a validator for a model, in its own scope. */
  public ModelValidator(ModelScope scope) {
    this.language = scope.language();
    this.holdings = scope.holdings();
    this.models = new ModelRules(language, scope.detector(), holdings);
    this.components = new ComponentRules(language, new FoldRules(new ConsumerPaths(scope)));
  }

  /** Checks a model class, as far as it can be read. */
  public void check(TypeElement type, Reading<DeclaredModel> reading, Problems problems) {
    models.check(type, problems);
    new MixInListRules(language, type, problems).check();
    reading.model().ifPresent(model -> check(model, reading.problems(), problems));
  }

  private void check(DeclaredModel model, Problems unread, Problems problems) {
    TypeElement type = model.type();
    Problems declarations = new Problems();
    new CreatorRules(language, type, model.creation(), carried(model), declarations).check();
    models.checkUnmarked(model, declarations);
    if (model.creation().creator().isPresent()) {
      components.check(model, declarations);
      if (unread.isEmpty() && declarations.isEmpty()) {
        models.checkComponents(model, declarations);
        new MixInListRules(language, type, declarations).checkUse(model);
      }
    }
    problems.addAll(declarations);
  }

  /** Returns the fields that hold layers or models, or may hold them. */
  private List<Carried> carried(DeclaredModel model) {
    List<Carried> known =
        carried(model.type(), type -> holdings.any(type) || !holdings.unmarked(type).isEmpty());
    // A constructor of sizes makes what the open types hold: that it lacks those comes first.
    boolean ofSizes = known.isEmpty() && model.creation() instanceof Creation.Unreadable;
    return ofSizes ? carried(model.type(), type -> !holdings.open(type).isEmpty()) : known;
  }

  private List<Carried> carried(TypeElement type, Predicate<TypeMirror> held) {
    return new Members(language, type)
        .fields().stream()
            .filter(field -> held.test(field.asType()))
            .map(
                field ->
                    new Carried(
                        field.getSimpleName().toString(),
                        language.memberType(type, field),
                        ProblemId.COMPONENT_NOT_CARRIED,
                        Place.at(field),
                        "the component "
                            + field.getSimpleName()
                            + " ("
                            + TypeText.of(field.asType())
                            + ")"))
            .toList();
  }
}
