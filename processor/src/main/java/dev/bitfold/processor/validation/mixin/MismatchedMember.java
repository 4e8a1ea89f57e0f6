package dev.bitfold.processor.validation.mixin;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;

/** Tells why a member of a mix-in stands for no member of the class, and what to write. */
final class MismatchedMember {
  private final Language language;
  private final TypeElement mixIn;
  private final TypeElement target;
  private final List<Element> members = new ArrayList<>();

  MismatchedMember(Language language, MixIn mixIn) {
    this.language = language;
    this.mixIn = mixIn.type();
    this.target = mixIn.target();
    language
        .chain(target)
        .forEach(
            owner ->
                owner.getEnclosedElements().stream()
                    .filter(member -> member.getKind().isField() || isMethod(member))
                    .forEach(members::add));
  }

  private static boolean isMethod(Element member) {
    return member.getKind() == ElementKind.METHOD;
  }

  /** Reports a member. */
  void report(Element member, Problems problems) {
    problems.add(
        ProblemId.MIX_IN_MEMBER,
        Place.at(member),
        mixIn.getSimpleName(),
        text(member, mixIn),
        target.getSimpleName(),
        remedy(member));
  }

  private String remedy(Element member) {
    if (member.getModifiers().contains(Modifier.STATIC)) {
      boolean constant = member.getKind().isField() && mixIn.getKind() == ElementKind.INTERFACE;
      return constant
          ? "the field of an interface is a constant: write "
              + TypeText.of(member.asType())
              + " "
              + member.getSimpleName()
              + "();"
          : "a static member belongs to no layer: remove static, or the member";
    }
    if (member.getKind() == ElementKind.CONSTRUCTOR) {
      return "its constructors are "
          + ElementFilter.constructorsIn(target.getEnclosedElements()).stream()
              .map(constructor -> TypeText.signature(target, constructor))
              .collect(Collectors.joining(", "));
    }
    String name = member.getSimpleName().toString();
    List<Element> named =
        members.stream().filter(other -> other.getSimpleName().contentEquals(name)).toList();
    if (!named.isEmpty()) {
      return "it has "
          + named.stream()
              .map(other -> isStatic(other) + typed(other))
              .collect(Collectors.joining(", "));
    }
    Set<String> names = new LinkedHashSet<>();
    members.forEach(other -> names.add(other.getSimpleName().toString()));
    return NearestName.suggestion(name, names)
        + "repeat a member of "
        + target.getQualifiedName()
        + " by its name and type, or remove this one";
  }

  private static String isStatic(Element member) {
    return member.getModifiers().contains(Modifier.STATIC) ? "static " : "";
  }

  private String typed(Element member) {
    return member instanceof ExecutableElement method
        ? TypeText.of(method.getReturnType()) + " " + text(method, target)
        : TypeText.of(language.memberType(target, member)) + " " + member.getSimpleName();
  }

  private static String text(Element member, TypeElement owner) {
    if (member.getKind() == ElementKind.CONSTRUCTOR) {
      return "constructor " + TypeText.signature(owner, (ExecutableElement) member);
    }
    return member instanceof ExecutableElement method
        ? TypeText.signature(method)
        : member.getSimpleName().toString();
  }
}
