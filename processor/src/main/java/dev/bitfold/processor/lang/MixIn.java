package dev.bitfold.processor.lang;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.RecordComponentElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ExecutableType;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;

/**
 * Holds which members of a mix-in stand for which members of the class that the mix-in is of. A
 * member of the mix-in that stands for none is left out.
 */
public final class MixIn {
  private final Language language;
  private final TypeElement type;
  private final TypeElement target;
  private final Map<Element, Element> standIns = new LinkedHashMap<>();
  private final Map<Element, Element> targets = new LinkedHashMap<>();

  /**
   * Compares the members of a mix-in with those of its class.
   *
   * @param type the mix-in
   * @param target the class that it is of
   */
  public MixIn(Language language, TypeElement type, TypeElement target) {
    this.language = language;
    this.type = type;
    this.target = target;
    standIns.put(target, type);
    members().forEach(this::match);
  }

  /** Returns the mix-in. */
  public TypeElement type() {
    return type;
  }

  /** Returns the class that the mix-in is of. */
  public TypeElement target() {
    return target;
  }

  /** Returns the fields, methods and constructors that the mix-in itself writes. */
  public List<Element> members() {
    List<Element> members = new ArrayList<>();
    for (Element member : type.getEnclosedElements()) {
      boolean ofClass = member.getKind().isField() || member instanceof ExecutableElement;
      if (ofClass && !isImplicit(member)) {
        members.add(member);
      }
    }
    return members;
  }

  /** Eclipse's compiler does not tell which constructors are written. */
  private static boolean isImplicit(Element member) {
    return member.getKind() == ElementKind.CONSTRUCTOR
        && ((ExecutableElement) member).getParameters().isEmpty()
        && member.getAnnotationMirrors().isEmpty();
  }

  /** Returns the member of the class that a member of the mix-in stands for, if there is one. */
  public Optional<Element> target(Element member) {
    return Optional.ofNullable(targets.get(member));
  }

  /** Returns the element that stands for one of the class; the element itself if none does. */
  Element standIn(Element element) {
    return standIns.getOrDefault(element, element);
  }

  /** Returns the place in the mix-in that is nearest to an element of the class. */
  public Element place(Element element) {
    for (Element at = element; at != null; at = at.getEnclosingElement()) {
      if (standIns.containsKey(at)) {
        return standIn(at);
      }
      if (at.equals(type)) {
        return element;
      }
    }
    return type;
  }

  private void match(Element member) {
    if (member.getModifiers().contains(Modifier.STATIC) && !member.getKind().isField()) {
      return;
    }
    if (member instanceof VariableElement field) {
      field(field.getSimpleName().toString(), field.asType()).ifPresent(of -> pair(of, field));
    } else if (member.getKind() == ElementKind.CONSTRUCTOR) {
      ElementFilter.constructorsIn(target.getEnclosedElements()).stream()
          .filter(of -> sameParameters(of, (ExecutableElement) member))
          .findFirst()
          .ifPresent(of -> pair(of, member));
    } else if (member instanceof ExecutableElement method) {
      method(method).ifPresentOrElse(of -> pair(of, method), () -> accessorOfField(method));
    }
  }

  /** Pairs an accessor of the mix-in with a field that has no accessor of that name. */
  private void accessorOfField(ExecutableElement method) {
    if (Members.isAccessor(method)) {
      field(method.getSimpleName().toString(), method.getReturnType())
          .ifPresent(of -> pair(of, method));
    }
  }

  private Optional<ExecutableElement> method(ExecutableElement wanted) {
    List<ExecutableElement> methods =
        new ArrayList<>(
            ElementFilter.methodsIn(language.elements().getAllMembers(target)).stream().toList());
    methods.addAll(ElementFilter.methodsIn(target.getEnclosedElements()));
    return methods.stream()
        .filter(of -> of.getSimpleName().equals(wanted.getSimpleName()))
        .filter(of -> !of.getModifiers().contains(Modifier.STATIC))
        .filter(of -> sameParameters(of, wanted))
        .filter(of -> isSame(of, seen(of).getReturnType(), wanted.getReturnType()))
        .findFirst();
  }

  private Optional<VariableElement> field(String name, TypeMirror wanted) {
    return language.chain(target).stream()
        .flatMap(owner -> ElementFilter.fieldsIn(owner.getEnclosedElements()).stream())
        .filter(of -> of.getSimpleName().contentEquals(name))
        .filter(of -> !of.getModifiers().contains(Modifier.STATIC))
        .findFirst()
        .filter(of -> isSame(language.memberType(target, of), wanted));
  }

  private boolean sameParameters(ExecutableElement of, ExecutableElement wanted) {
    List<? extends TypeMirror> types = seen(of).getParameterTypes();
    List<? extends VariableElement> parameters = wanted.getParameters();
    if (types.size() != parameters.size()
        || wanted.getTypeParameters().size() != of.getTypeParameters().size()) {
      return false;
    }
    for (int i = 0; i < types.size(); i++) {
      if (!isSame(of, types.get(i), parameters.get(i).asType())) {
        return false;
      }
    }
    return true;
  }

  /**
   * Compares a type in a signature. The type variables of generic methods are others, and Eclipse's
   * compiler does not tell which stand for which, so their types are compared as far as erased.
   */
  private boolean isSame(ExecutableElement method, TypeMirror one, TypeMirror other) {
    return method.getTypeParameters().isEmpty()
        ? isSame(one, other)
        : isSame(language.types().erasure(one), language.types().erasure(other));
  }

  private ExecutableType seen(ExecutableElement method) {
    return (ExecutableType) language.memberType(target, method);
  }

  private boolean isSame(TypeMirror one, TypeMirror other) {
    Unresolved.refuse(other);
    return language.types().isSameType(one, other);
  }

  private void pair(Element of, Element member) {
    targets.put(member, of);
    standIns.putIfAbsent(of, member);
    if (of instanceof ExecutableElement method && member instanceof ExecutableElement own) {
      for (int i = 0; i < own.getParameters().size(); i++) {
        standIns.putIfAbsent(method.getParameters().get(i), own.getParameters().get(i));
      }
    }
    boolean constructor = of.getKind() == ElementKind.CONSTRUCTOR;
    for (RecordComponentElement component : target.getRecordComponents()) {
      boolean same = component.getSimpleName().equals(of.getSimpleName());
      if (!constructor && same && isComponent(of)) {
        standIns.putIfAbsent(component, Objects.requireNonNull(standIns.get(of)));
      }
    }
  }

  private static boolean isComponent(Element of) {
    return of.getKind().isField()
        || (of instanceof ExecutableElement method && method.getParameters().isEmpty());
  }
}
