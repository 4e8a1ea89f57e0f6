package dev.bitfold.processor.lang;

import dev.bitfold.processor.model.Accessor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.ExecutableType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;

/** Lists the instance members of a class, including those of its superclasses. */
public final class Members {
  private final Language language;
  private final TypeElement type;
  private final List<VariableElement> fields = new ArrayList<>();
  private final List<ExecutableElement> methods = new ArrayList<>();

  /** Makes the list of a class. */
  public Members(Language language, TypeElement type) {
    this.language = language;
    this.type = type;
    for (TypeElement owner : language.chain(type)) {
      ElementFilter.fieldsIn(owner.getEnclosedElements()).stream()
          .filter(field -> !field.getModifiers().contains(Modifier.STATIC))
          .forEach(fields::add);
    }
    ElementFilter.methodsIn(language.elements().getAllMembers(type)).stream()
        .filter(method -> !method.getModifiers().contains(Modifier.STATIC))
        .filter(method -> !isOfObject(method))
        .forEach(methods::add);
  }

  private static boolean isOfObject(ExecutableElement method) {
    return Language.owner(method).getQualifiedName().contentEquals("java.lang.Object");
  }

  /**
   * Returns the fields, starting with the class's own. Private fields of superclasses are included.
   */
  public List<VariableElement> fields() {
    return fields;
  }

  /** Returns the methods that a call can reach; overridden methods are left out. */
  public List<ExecutableElement> methods() {
    return methods;
  }

  /**
   * Returns the class's own implementations of its interfaces' methods; default methods are left
   * out.
   */
  public Set<ExecutableElement> implementations() {
    return new LinkedHashSet<>(implemented().values());
  }

  /**
   * Returns the interface methods that the class implements itself, each with its implementation.
   */
  public Map<ExecutableElement, ExecutableElement> implemented() {
    Map<ExecutableElement, ExecutableElement> found = new LinkedHashMap<>();
    for (DeclaredType parent : language.interfaces(type)) {
      for (ExecutableElement declared :
          ElementFilter.methodsIn(parent.asElement().getEnclosedElements())) {
        boolean inherited =
            !declared.getModifiers().contains(Modifier.STATIC)
                && !declared.getModifiers().contains(Modifier.PRIVATE);
        if (inherited) {
          implementation(declared).ifPresent(own -> found.put(declared, own));
        }
      }
    }
    return found;
  }

  private Optional<ExecutableElement> implementation(ExecutableElement declared) {
    List<ExecutableElement> named =
        methods.stream()
            .filter(method -> !Language.owner(method).getKind().isInterface())
            .filter(method -> method.getSimpleName().equals(declared.getSimpleName()))
            .filter(method -> method.getParameters().size() == declared.getParameters().size())
            .toList();
    Optional<ExecutableElement> overriding =
        named.stream()
            .filter(method -> language.elements().overrides(method, declared, type))
            .findFirst();
    // Eclipse's compiler does not recognize some generic methods. A class implements all abstract
    // methods.
    boolean only = named.size() == 1 && declared.getModifiers().contains(Modifier.ABSTRACT);
    return overriding.or(() -> only ? Optional.of(named.get(0)) : Optional.empty());
  }

  /** Returns the constructors that generated code of the class can call. */
  public List<ExecutableElement> constructors() {
    return ElementFilter.constructorsIn(type.getEnclosedElements()).stream()
        .filter(constructor -> language.readable(constructor, type))
        .toList();
  }

  /** Returns a field by name, even if it is private. */
  public Optional<VariableElement> field(String name) {
    return fields.stream().filter(f -> f.getSimpleName().contentEquals(name)).findFirst();
  }

  /** Returns the method or field that an accessor refers to. */
  public Optional<Element> element(Accessor accessor) {
    return accessor.method()
        ? methods.stream()
            .filter(Members::isAccessor)
            .filter(method -> method.getSimpleName().contentEquals(accessor.name()))
            .findFirst()
            .map(Element.class::cast)
        : field(accessor.name()).map(Element.class::cast);
  }

  /** Returns the type of the value that an accessor reads. */
  public TypeMirror type(Element accessed) {
    TypeMirror seen = language.memberType(type, accessed);
    return seen instanceof ExecutableType method ? method.getReturnType() : seen;
  }

  /** Describes a way to read a value, and the type of the result. */
  public record Value(Accessor accessor, TypeMirror type) {}

  /** Returns the ways to read a value of a name, starting with accessors. */
  public List<Value> readable(String name) {
    List<Value> found = new ArrayList<>();
    for (ExecutableElement method : methods) {
      if (isAccessor(method)
          && language.readable(method, type)
          && (method.getSimpleName().contentEquals(name) || property(method).equals(name))) {
        ExecutableType seen = (ExecutableType) language.memberType(type, method);
        found.add(
            new Value(new Accessor(method.getSimpleName().toString(), true), seen.getReturnType()));
      }
    }
    found.sort(
        (a, b) ->
            Boolean.compare(b.accessor().name().equals(name), a.accessor().name().equals(name)));
    field(name)
        .filter(field -> language.readable(field, type))
        .ifPresent(
            field ->
                found.add(new Value(new Accessor(name, false), language.memberType(type, field))));
    return found;
  }

  /** Returns the names that can be read. */
  public Set<String> readableNames() {
    Set<String> names = new LinkedHashSet<>();
    fields.stream().map(f -> f.getSimpleName().toString()).forEach(names::add);
    names.removeIf(name -> readable(name).isEmpty());
    methods.stream()
        .filter(Members::isAccessor)
        .filter(method -> language.readable(method, type))
        .map(Members::property)
        .forEach(names::add);
    return names;
  }

  /** Returns whether a method has no parameters and returns something. */
  public static boolean isAccessor(ExecutableElement method) {
    return method.getKind() == ElementKind.METHOD
        && method.getParameters().isEmpty()
        && method.getTypeParameters().isEmpty()
        && method.getReturnType().getKind() != TypeKind.VOID
        && !method.getModifiers().contains(Modifier.STATIC);
  }

  /**
   * Returns the name of the value that an accessor reads: {@code weight} for {@code weight()} and
   * {@code getWeight()}.
   */
  public static String property(ExecutableElement accessor) {
    String name = accessor.getSimpleName().toString();
    if (hasPrefix(name, "get")) {
      return uncapitalize(name.substring(3));
    }
    boolean flag = accessor.getReturnType().getKind() == TypeKind.BOOLEAN;
    return flag && hasPrefix(name, "is") ? uncapitalize(name.substring(2)) : name;
  }

  private static boolean hasPrefix(String name, String prefix) {
    return name.length() > prefix.length()
        && name.startsWith(prefix)
        && !Character.isLowerCase(name.charAt(prefix.length()));
  }

  private static String uncapitalize(String name) {
    return name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1);
  }
}
