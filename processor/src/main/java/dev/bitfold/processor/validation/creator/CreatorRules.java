package dev.bitfold.processor.validation.creator;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.creator.Creation;
import dev.bitfold.processor.reader.creator.Creator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/**
 * Checks how a layer or model is rebuilt: by which constructor, and what the constructor carries.
 */
public final class CreatorRules {
  private final Language language;
  private final TypeElement type;
  private final Creation creation;
  private final List<Carried> needed;
  private final Problems problems;

  /**
   * Makes the rules for a class.
   *
   * @param creation how it is rebuilt
   * @param needed what its constructor must carry
   */
  public CreatorRules(
      Language language,
      TypeElement type,
      Creation creation,
      List<Carried> needed,
      Problems problems) {
    this.language = language;
    this.type = type;
    this.creation = creation;
    this.needed = List.copyOf(needed);
    this.problems = problems;
  }

  /** Checks the class. */
  public void check() {
    creation.creator().ifPresentOrElse(this::found, this::notFound);
    if (!(creation instanceof Creation.ByLombok)) {
      mutableFields();
    }
  }

  private void found(Creator creator) {
    List<ExecutableElement> methods = new Members(language, type).methods();
    creator.arguments().forEach(argument -> accessor(argument, methods));
    if (type.getKind() == ElementKind.RECORD) {
      ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
          .filter(constructor -> !constructor.equals(creator.constructor()))
          .map(language::annotated)
          .flatMap(other -> AnnotationUse.find(other, BitfoldNames.QUANTIZE_CREATOR).stream())
          .forEach(
              use -> refuse(use, "a record is rebuilt by its canonical constructor", "remove it"));
    }
    List<Carried> missing =
        needed.stream().filter(carried -> !creator.carries(carried.name())).toList();
    if (!missing.isEmpty() && missing.size() == needed.size()) {
      noneCarried();
    } else {
      missing.forEach(carried -> notCarried(carried, creator));
    }
    new FinalFieldRules(language, type, creator).check(this::isNeeded, problems);
  }

  private boolean isNeeded(VariableElement field) {
    return needed.stream().anyMatch(carried -> field.getSimpleName().contentEquals(carried.name()));
  }

  /**
   * Checks that an accessor throws no checked exceptions, because generated code reads values where
   * none can be declared.
   */
  private void accessor(Creator.Argument argument, List<ExecutableElement> methods) {
    methods.stream()
        .filter(method -> argument.accessor().method() && Members.isAccessor(method))
        .filter(method -> method.getSimpleName().contentEquals(argument.accessor().name()))
        .filter(method -> !CheckedExceptions.of(language, method).isEmpty())
        .findFirst()
        .ifPresent(
            method ->
                problems.add(
                    ProblemId.ACCESSOR_THROWS,
                    Place.at(method),
                    type.getSimpleName(),
                    TypeText.signature(method),
                    method.getThrownTypes().stream()
                        .map(TypeText::of)
                        .collect(Collectors.joining(", ")),
                    argument.name()));
  }

  private void notCarried(Carried carried, Creator creator) {
    List<String> parameters = creator.arguments().stream().map(Creator.Argument::name).toList();
    problems.add(
        carried.id(),
        carried.place(),
        type.getSimpleName(),
        carried.words(),
        NearestName.suggestion(carried.name(), parameters)
            + "add a constructor parameter "
            + TypeText.of(carried.type())
            + " "
            + carried.name());
  }

  /**
   * Reports a constructor that carries none of the values, for example because it creates them from
   * sizes. The class needs another one.
   */
  private void noneCarried() {
    problems.add(
        needed.get(0).id(),
        needed.get(0).place(),
        type.getSimpleName(),
        needed.stream().map(Carried::words).collect(Collectors.joining(" and ")),
        assignedElsewhere()
            + "add a second constructor that takes "
            + (needed.size() == 1 ? "it: " : "them: ")
            + new ConstructorToPaste(language, type)
                .text(needed.stream().map(Carried::name).collect(Collectors.toSet())));
  }

  /**
   * Returns advice for final fields that are initialized in their declaration, and so cannot get
   * another value.
   */
  private String assignedElsewhere() {
    String fields =
        new Members(language, type)
            .fields().stream()
                .filter(field -> field.getModifiers().contains(Modifier.FINAL))
                .filter(field -> isNeeded(field) && language.bodies().isInitialized(field))
                .map(VariableElement::getSimpleName)
                .collect(Collectors.joining(" and "));
    return fields.isEmpty()
        ? ""
        : "assign " + fields + " in the constructors, not where it is declared, and ";
  }

  private void notFound() {
    if (creation instanceof Creation.Unreadable unreadable) {
      unreadable(unreadable);
    } else if (creation instanceof Creation.Ambiguous ambiguous) {
      problems.add(
          ProblemId.SEVERAL_CONSTRUCTORS,
          Place.at(type),
          type.getSimpleName(),
          ambiguous.one().signature() + " and " + ambiguous.other().signature());
    } else if (creation instanceof Creation.Missing missing) {
      missing(missing);
    } else if (creation instanceof Creation.Private marked) {
      refuse(marked.mark(), "the constructor is private", "make it package-private");
    } else if (creation instanceof Creation.MarkedTwice marked) {
      refuse(
          marked.mark(), "another constructor of " + type.getSimpleName() + " has it", "keep one");
    } else if (creation instanceof Creation.ByLombok hidden) {
      problems.add(
          ProblemId.LOMBOK, hidden.lombok().place(), type.getSimpleName(), hidden.lombok().label());
    }
  }

  private void unreadable(Creation.Unreadable unreadable) {
    boolean carriesSome =
        unreadable.constructor().getParameters().stream()
            .anyMatch(parameter -> needed.stream().anyMatch(carried -> fits(parameter, carried)));
    if (needed.isEmpty() || carriesSome) {
      Members members = new Members(language, type);
      unreadable
          .parameters()
          .forEach(
              parameter ->
                  new UnmatchedParameter(language, type, members, parameter).report(problems));
    } else {
      noneCarried(); // To make its sizes readable would be of no use.
    }
  }

  private boolean fits(VariableElement parameter, Carried carried) {
    return language.name(parameter).equals(carried.name())
        || language.types().isAssignable(carried.type(), parameter.asType());
  }

  private void missing(Creation.Missing missing) {
    boolean allPrivate = new Members(language, type).constructors().isEmpty();
    String signature = missing.hidden().map(hidden -> TypeText.signature(type, hidden)).orElse("");
    problems.add(
        ProblemId.NO_CONSTRUCTOR,
        Place.at(type),
        type.getSimpleName(),
        allPrivate ? unreachable() : "no constructor has only parameters that can be read",
        missing.hidden().isPresent()
            ? "make " + signature + " package-private"
            : "add a constructor whose every parameter has a field or accessor of its name and"
                + " type: "
                + new ConstructorToPaste(language, type).text());
  }

  private String unreachable() {
    return language
        .mixIn()
        .map(
            mixIn ->
                "it has no constructor that package "
                    + language.packageOf(mixIn.type())
                    + " can call")
        .orElse("all its constructors are private");
  }

  private void refuse(AnnotationUse mark, String why, String fix) {
    problems.add(ProblemId.CREATOR, mark.place(), type.getSimpleName(), why, fix);
  }

  /** Reports fields that a setter or method can change. A transient field is a cache. */
  private void mutableFields() {
    Set<String> carried =
        creation
            .creator()
            .map(creator -> names(creator.constructor()))
            .orElseGet(
                () ->
                    ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
                        .flatMap(constructor -> names(constructor).stream())
                        .collect(Collectors.toSet()));
    for (VariableElement field : new Members(language, type).fields()) {
      Set<Modifier> modifiers = field.getModifiers();
      if (!modifiers.contains(Modifier.FINAL)
          && !modifiers.contains(Modifier.TRANSIENT)
          && !carried.contains(field.getSimpleName().toString())) {
        problems.add(
            ProblemId.MUTABLE_FIELD, Place.at(field), type.getSimpleName(), field.getSimpleName());
      }
    }
  }

  private Set<String> names(ExecutableElement constructor) {
    return constructor.getParameters().stream().map(language::name).collect(Collectors.toSet());
  }
}
