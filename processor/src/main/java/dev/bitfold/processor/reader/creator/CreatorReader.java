package dev.bitfold.processor.reader.creator;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.model.Accessor;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/**
 * Finds the constructor that builds a class again: a record's canonical one; else the one marked
 * {@code @QuantizeCreator}; else the only accessible one whose every parameter matches a readable
 * field or accessor by name and type, or of several the one that carries all that the others do.
 */
public final class CreatorReader {
  private final Language language;
  private final TypeElement type;
  private final Members members;
  private final Problems problems;

  public CreatorReader(Language language, TypeElement type, Members members, Problems problems) {
    this.language = language;
    this.type = type;
    this.members = members;
    this.problems = problems;
  }

  /** Returns the constructor; empty if there is none, which is then reported. */
  public Optional<Creator> read() {
    if (type.getKind() == ElementKind.RECORD) {
      return ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
          .filter(this::isCanonical)
          .findFirst()
          .map(this::canonical);
    }
    List<ExecutableElement> marked = marked();
    if (marked.size() > 1) {
      refuse(
          marked.get(1), "another constructor of " + type.getSimpleName() + " has it", "keep one");
      return Optional.empty();
    }
    if (!marked.isEmpty()) {
      ExecutableElement constructor = marked.get(0);
      if (constructor.getModifiers().contains(Modifier.PRIVATE)) {
        refuse(constructor, "the constructor is private", "make it package-private");
        return Optional.empty();
      }
      return matched(constructor);
    }
    return inferred();
  }

  private Optional<ExecutableElement> method(Accessor accessor) {
    return members.methods().stream()
        .filter(method -> accessor.method() && Members.isAccessor(method))
        .filter(method -> method.getSimpleName().contentEquals(accessor.name()))
        .findFirst();
  }

  private boolean throwsChecked(ExecutableElement method) {
    return !CheckedExceptions.of(language, method).isEmpty();
  }

  private List<ExecutableElement> marked() {
    return ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
        .filter(c -> AnnotationUse.find(c, BitfoldNames.QUANTIZE_CREATOR).isPresent())
        .toList();
  }

  private void refuse(ExecutableElement constructor, String why, String fix) {
    AnnotationUse.find(constructor, BitfoldNames.QUANTIZE_CREATOR)
        .ifPresent(
            use -> problems.add(ProblemId.CREATOR, use.place(), type.getSimpleName(), why, fix));
  }

  /** Returns whether a constructor is the canonical one of a record. */
  private boolean isCanonical(ExecutableElement constructor) {
    var components = type.getRecordComponents();
    var parameters = constructor.getParameters();
    return parameters.size() == components.size()
        && IntStream.range(0, components.size())
            .allMatch(
                i ->
                    language
                        .types()
                        .isSameType(components.get(i).asType(), parameters.get(i).asType()));
  }

  private Creator canonical(ExecutableElement constructor) {
    List<Creator.Argument> arguments = new ArrayList<>();
    for (int i = 0; i < type.getRecordComponents().size(); i++) {
      VariableElement parameter = constructor.getParameters().get(i);
      Unresolved.refuse(parameter.asType());
      String component = type.getRecordComponents().get(i).getSimpleName().toString();
      arguments.add(new Creator.Argument(parameter, new Accessor(component, true)));
    }
    return new Creator(constructor, arguments);
  }

  /** The constructor with every parameter matched, or each parameter's problem. */
  private Optional<Creator> matched(ExecutableElement constructor) {
    List<Creator.Argument> arguments = new ArrayList<>();
    for (VariableElement parameter : constructor.getParameters()) {
      argument(parameter).ifPresentOrElse(arguments::add, () -> unmatched(parameter));
    }
    return arguments.size() == constructor.getParameters().size()
        ? Optional.of(new Creator(constructor, arguments))
        : Optional.empty();
  }

  private Optional<Creator.Argument> argument(VariableElement parameter) {
    Unresolved.refuse(parameter.asType());
    return members.readable(parameter.getSimpleName().toString()).stream()
        .filter(r -> language.types().isAssignable(r.type(), parameter.asType()))
        .min(
            Comparator.comparing(r -> method(r.accessor()).filter(this::throwsChecked).isPresent()))
        .map(r -> new Creator.Argument(parameter, r.accessor()));
  }

  private Optional<Creator> inferred() {
    List<Creator> fitting = new ArrayList<>();
    for (ExecutableElement constructor : members.constructors()) {
      List<Creator.Argument> arguments = new ArrayList<>();
      constructor.getParameters().forEach(p -> argument(p).ifPresent(arguments::add));
      if (arguments.size() == constructor.getParameters().size()) {
        fitting.add(new Creator(constructor, arguments));
      }
    }
    if (fitting.isEmpty()) {
      noneFits();
      return Optional.empty();
    }
    Creator widest =
        fitting.stream().max(Comparator.comparingInt(c -> c.arguments().size())).orElseThrow();
    for (Creator other : fitting) {
      if (!other.equals(widest)
          && !other.arguments().stream().allMatch(a -> widest.carries(a.name()))) {
        problems.add(
            ProblemId.SEVERAL_CONSTRUCTORS,
            Place.at(type),
            type.getSimpleName(),
            widest.signature() + " and " + other.signature());
        return Optional.empty();
      }
    }
    boolean more = members.constructors().size() > 1 || lombok().isPresent();
    if (widest.arguments().isEmpty() && more) {
      noneFits();
      return Optional.empty();
    }
    return Optional.of(widest);
  }

  private void noneFits() {
    Optional<AnnotationUse> lombok = lombok();
    if (lombok.isPresent()) {
      problems.add(
          ProblemId.LOMBOK, lombok.get().place(), type.getSimpleName(), lombok.get().label());
      return;
    }
    List<ExecutableElement> withParameters =
        members.constructors().stream().filter(c -> !c.getParameters().isEmpty()).toList();
    if (withParameters.size() == 1) {
      matched(withParameters.get(0));
      return;
    }
    String what =
        members.constructors().isEmpty()
            ? "all its constructors are private"
            : "no constructor has only parameters that can be read";
    problems.add(
        ProblemId.NO_CONSTRUCTOR, Place.at(type), type.getSimpleName(), what, constructorToPaste());
  }

  private String constructorToPaste() {
    String parameters =
        members.fields().stream()
            .map(f -> TypeText.of(f.asType()) + " " + f.getSimpleName())
            .collect(Collectors.joining(", "));
    String body =
        members.fields().stream()
            .map(f -> "this." + f.getSimpleName() + " = " + f.getSimpleName() + ";")
            .collect(Collectors.joining(" "));
    return type.getSimpleName() + "(" + parameters + ") { " + body + " }";
  }

  private Optional<AnnotationUse> lombok() {
    List<AnnotationUse> uses = new ArrayList<>(AnnotationUse.on(type));
    members.fields().forEach(field -> uses.addAll(AnnotationUse.on(field)));
    return uses.stream()
        .filter(use -> language.packageOf(use.type()).startsWith("lombok"))
        .findFirst();
  }

  private void unmatched(VariableElement parameter) {
    Optional<AnnotationUse> lombok = lombok();
    if (lombok.isPresent()) {
      problems.add(
          ProblemId.LOMBOK, lombok.get().place(), type.getSimpleName(), lombok.get().label());
      return;
    }
    new UnmatchedParameter(language, type, members, parameter).report(problems);
  }
}
