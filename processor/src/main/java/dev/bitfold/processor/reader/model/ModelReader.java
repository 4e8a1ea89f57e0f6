package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Declarations;
import dev.bitfold.processor.reader.Eligibility;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.creator.Creation;
import dev.bitfold.processor.reader.creator.Creator;
import dev.bitfold.processor.reader.creator.CreatorReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;

/** Reads what model classes declare. */
public final class ModelReader {
  private final Language language;
  private final ComponentReader components;

  /** Makes a reader for a model, in its own scope. */
  public ModelReader(ModelScope scope) {
    this.language = scope.language();
    this.components = new ComponentReader(scope);
  }

  /** Reads a class. */
  public Reading<DeclaredModel> read(TypeElement type) {
    Problems problems = new Problems();
    if (!Eligibility.check(language, type, problems)) {
      return new Reading<>(Optional.empty(), problems);
    }
    Members members = new Members(language, type);
    Creation creation = new CreatorReader(language, type, members).read();
    List<DeclaredComponent> found = new ArrayList<>();
    for (Creator.Argument argument : creation.creator().map(Creator::arguments).orElse(List.of())) {
      Declarations declarations = declarations(type, members, argument);
      TypeMirror declared = argument.parameter().asType();
      found.add(
          new DeclaredComponent(
              argument.name(),
              argument.accessor(),
              declared,
              declarations,
              content(declared, new ComponentSite(type, argument.name(), declarations, problems))));
    }
    return new Reading<>(Optional.of(new DeclaredModel(type, creation, found)), problems);
  }

  private Optional<ComponentModel> content(TypeMirror type, ComponentSite site) {
    if (site.declarations().annotation(BitfoldNames.SKIP_QUANTIZE).isPresent()) {
      return Optional.of(
          isPlain(type, site) ? new ComponentModel.PassedOn() : new ComponentModel.Skipped());
    }
    return components.read(type, site);
  }

  /** Returns whether a component belongs to Java or ND4J, and is passed on unchanged anyway. */
  private boolean isPlain(TypeMirror type, ComponentSite site) {
    if (Language.declared(type).filter(t -> !language.isPlatform(t)).isPresent()) {
      return false;
    }
    ComponentSite unseen = site.unseen();
    Optional<ComponentModel> otherwise = components.read(type, unseen);
    return unseen.problems().isEmpty() && otherwise.filter(c -> !c.isRebuilt()).isPresent();
  }

  private Declarations declarations(TypeElement type, Members members, Creator.Argument argument) {
    List<Element> places = new ArrayList<>();
    type.getRecordComponents().stream()
        .filter(c -> c.getSimpleName().contentEquals(argument.name()))
        .forEach(places::add);
    if (places.isEmpty()) {
      members.field(argument.name()).ifPresent(places::add);
      members.methods().stream()
          .filter(m -> Members.isAccessor(m) && Members.property(m).equals(argument.name()))
          .forEach(places::add);
      places.add(argument.parameter());
    }
    return Declarations.of(language, places);
  }
}
