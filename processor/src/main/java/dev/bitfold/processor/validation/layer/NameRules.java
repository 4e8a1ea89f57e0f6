package dev.bitfold.processor.validation.layer;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.NamedTypes;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.WrapperMembers;
import java.util.List;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;

/** Checks that a wrapper can name every type that it repeats from its layer. */
final class NameRules {
  private final Language language;
  private final DeclaredLayer layer;
  private final Problems problems;
  private final TypeElement type;

  NameRules(Language language, DeclaredLayer layer, Problems problems) {
    this.language = language;
    this.layer = layer;
    this.problems = problems;
    this.type = layer.type();
  }

  /** Checks the signatures and interfaces that the wrapper of a shape declares. */
  void check(LayerModel model) {
    WrapperMembers members = new WrapperMembers(language, layer);
    check(
        NamedTypes.inBounds(type.getTypeParameters()),
        type,
        "declare the type variables of " + of());
    for (ExecutableElement method : members.methods(model.shape())) {
      check(
          NamedTypes.inSignature(language, type, method),
          method,
          "override " + TypeText.signature(method));
    }
    if (!(model.shape() instanceof LayerShape.Rebuilt)) {
      layer.constructor().ifPresent(this::constructor);
    }
    if (model.shape() instanceof LayerShape.Wrapper) {
      members
          .interfaces()
          .forEach(parent -> check(NamedTypes.in(parent), type, "stand in for " + of()));
    }
  }

  private void constructor(ExecutableElement constructor) {
    constructor
        .getThrownTypes()
        .forEach(
            thrown ->
                check(
                    NamedTypes.in(thrown),
                    constructor,
                    "call " + TypeText.signature(type, constructor)));
  }

  private String of() {
    return type.getSimpleName().toString();
  }

  private void check(List<DeclaredType> named, Element place, String what) {
    named.stream()
        .flatMap(n -> language.hidden(n, type).stream())
        .findFirst()
        .ifPresent(
            hidden ->
                problems.add(
                    ProblemId.HIDDEN_TYPE,
                    Place.at(place),
                    of(),
                    hidden.getSimpleName(),
                    Language.visibility(hidden),
                    what,
                    language.packageOf(hidden).equals(language.packageOf(type))
                        ? "package-private"
                        : "public"));
  }
}
