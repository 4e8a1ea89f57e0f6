package dev.bitfold.processor.reader.creator;

import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.model.Accessor;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/**
 * Finds the constructor that rebuilds a class. For a record, it is the canonical one. Otherwise it
 * is the one marked {@code @QuantizeCreator}. Otherwise it is the only accessible one whose every
 * parameter matches a readable field or accessor by name and type. If there are several of these,
 * it is the one that carries everything that the others carry.
 */
public final class CreatorReader {
  private final Language language;
  private final TypeElement type;
  private final Members members;

  /** Makes a reader for a class and its members. */
  public CreatorReader(Language language, TypeElement type, Members members) {
    this.language = language;
    this.type = type;
    this.members = members;
  }

  /** Returns how the class is rebuilt. */
  public Creation read() {
    Creation creation = type.getKind() == ElementKind.RECORD ? canonical() : ofClass();
    if (creation instanceof Creation.Missing || creation instanceof Creation.Unreadable) {
      Optional<AnnotationUse> lombok = lombok();
      if (lombok.isPresent()) {
        return new Creation.ByLombok(lombok.get());
      }
    }
    return creation;
  }

  private Creation ofClass() {
    List<ExecutableElement> marked =
        ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
            .filter(constructor -> mark(constructor).isPresent())
            .toList();
    if (marked.size() > 1) {
      return new Creation.MarkedTwice(mark(marked.get(1)).orElseThrow());
    }
    if (marked.isEmpty()) {
      return inferred();
    }
    return marked.get(0).getModifiers().contains(Modifier.PRIVATE)
        ? new Creation.Private(mark(marked.get(0)).orElseThrow())
        : matched(marked.get(0));
  }

  private Optional<AnnotationUse> mark(ExecutableElement constructor) {
    return AnnotationUse.find(language.annotated(constructor), BitfoldNames.QUANTIZE_CREATOR);
  }

  private Creation canonical() {
    return ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
        .filter(this::isCanonical)
        .findFirst()
        .<Creation>map(constructor -> new Creation.Found(canonical(constructor)))
        .orElse(new Creation.Missing(Optional.empty()));
  }

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
      arguments.add(new Creator.Argument(component, parameter, new Accessor(component, true)));
    }
    return new Creator(constructor, arguments);
  }

  /** Matches every parameter of a constructor. */
  private Creation matched(ExecutableElement constructor) {
    List<Creator.Argument> arguments = new ArrayList<>();
    List<VariableElement> unreadable = new ArrayList<>();
    for (VariableElement parameter : constructor.getParameters()) {
      argument(parameter).ifPresentOrElse(arguments::add, () -> unreadable.add(parameter));
    }
    return unreadable.isEmpty()
        ? new Creation.Found(new Creator(constructor, arguments))
        : new Creation.Unreadable(constructor, unreadable);
  }

  private Optional<Creator.Argument> argument(VariableElement parameter) {
    Unresolved.refuse(parameter.asType());
    String name = language.name(parameter);
    return members.readable(name).stream()
        .filter(r -> language.types().isAssignable(r.type(), parameter.asType()))
        .min(Comparator.comparing(r -> throwsChecked(r.accessor())))
        .map(r -> new Creator.Argument(name, parameter, r.accessor()));
  }

  private boolean throwsChecked(Accessor accessor) {
    return members.methods().stream()
        .filter(method -> accessor.method() && Members.isAccessor(method))
        .filter(method -> method.getSimpleName().contentEquals(accessor.name()))
        .anyMatch(method -> !CheckedExceptions.of(language, method).isEmpty());
  }

  private Creation inferred() {
    List<Creator> fitting = new ArrayList<>();
    for (ExecutableElement constructor : members.constructors()) {
      matched(constructor).creator().ifPresent(fitting::add);
    }
    if (fitting.isEmpty()) {
      return noneFits();
    }
    Creator widest =
        fitting.stream().max(Comparator.comparingInt(c -> c.arguments().size())).orElseThrow();
    for (Creator other : fitting) {
      if (!other.equals(widest)
          && !other.arguments().stream().allMatch(a -> widest.carries(a.name()))) {
        return new Creation.Ambiguous(widest, other);
      }
    }
    boolean more = members.constructors().size() > 1 || lombok().isPresent();
    return widest.arguments().isEmpty() && more ? noneFits() : new Creation.Found(widest);
  }

  private Creation noneFits() {
    List<ExecutableElement> withParameters =
        members.constructors().stream().filter(c -> !c.getParameters().isEmpty()).toList();
    return withParameters.size() == 1
        ? matched(withParameters.get(0))
        : new Creation.Missing(
            ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
                .filter(c -> !language.readable(c, type))
                .filter(c -> !c.getParameters().isEmpty() && matched(c).creator().isPresent())
                .findFirst());
  }

  private Optional<AnnotationUse> lombok() {
    List<AnnotationUse> uses = new ArrayList<>(AnnotationUse.on(type));
    members.fields().forEach(field -> uses.addAll(AnnotationUse.on(field)));
    return uses.stream()
        .filter(use -> language.packageOf(use.type()).startsWith("lombok"))
        .findFirst();
  }
}
