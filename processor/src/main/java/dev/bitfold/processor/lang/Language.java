package dev.bitfold.processor.lang;

import com.palantir.javapoet.ClassName;
import com.sun.source.util.Trees;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import javax.annotation.processing.ProcessingEnvironment;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.ModuleElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;
import javax.lang.model.util.Elements;
import javax.lang.model.util.Types;
import org.jspecify.annotations.Nullable;

/** Answers questions about the user's types. */
public final class Language {
  private static final Set<String> OF_JAVA =
      Set.of(
          "Override",
          "SuppressWarnings",
          "Object",
          "String",
          "Exception",
          "Throwable",
          "Error",
          "RuntimeException",
          "IllegalStateException");

  private final Elements elements;
  private final Types types;
  private final Optional<Trees> trees;
  private final Map<String, Set<String>> shadowed = new HashMap<>();
  private final BodyScanner bodies;
  private final Optional<MixIn> mixIn;

  /**
   * Makes the language model of this compiler.
   *
   * @param trees javac's trees, if this is javac
   */
  public Language(ProcessingEnvironment environment, Optional<Trees> trees) {
    this.elements = environment.getElementUtils();
    this.types = environment.getTypeUtils();
    this.trees = trees;
    this.bodies = new BodyScanner(trees);
    this.mixIn = Optional.empty();
  }

  private Language(Language other, MixIn mixIn) {
    this.elements = other.elements;
    this.types = other.types;
    this.trees = other.trees;
    this.bodies = other.bodies;
    this.mixIn = Optional.of(mixIn);
  }

  /**
   * Returns the language in which the class of a mix-in has the annotations of the mix-in, and code
   * that is generated for the class stands in the package of the mix-in.
   */
  public Language with(MixIn mixIn) {
    return new Language(this, mixIn);
  }

  /** Returns the mix-in of the class that is read; empty if it has annotations of its own. */
  public Optional<MixIn> mixIn() {
    return mixIn;
  }

  /** Returns the element that has an element's annotations: its stand-in in a mix-in, or itself. */
  public Element annotated(Element element) {
    return mixIn.map(m -> m.standIn(element)).orElse(element);
  }

  /** Returns the class whose package generated code of a class stands in. */
  public TypeElement home(TypeElement type) {
    return (TypeElement) annotated(type);
  }

  /** Returns the name of a parameter, which is that of its stand-in if it has one. */
  public String name(VariableElement parameter) {
    return annotated(parameter).getSimpleName().toString();
  }

  /** Returns the scanner of method bodies. */
  public BodyScanner bodies() {
    return bodies;
  }

  /** Returns the scanner of local classes. */
  public LocalClasses localClasses() {
    return new LocalClasses(this, trees);
  }

  /** Returns the calls of a class's methods to each other, if bodies are visible. */
  public Optional<Recursion> recursion(TypeElement type) {
    return trees.map(t -> new Recursion(this, t, type));
  }

  /**
   * Returns the classes of {@code java.lang} that generated code names and that are hidden by
   * classes of the same package.
   */
  public Set<String> shadowed(TypeElement type) {
    return shadowed.computeIfAbsent(
        packageOf(home(type)),
        name ->
            OF_JAVA.stream()
                .filter(of -> findFrom(type, name.isEmpty() ? of : name + "." + of).isPresent())
                .collect(Collectors.toCollection(TreeSet::new)));
  }

  /** Returns a class by name. */
  public Optional<TypeElement> find(String qualifiedName) {
    return find(qualifiedName, elements::getTypeElement);
  }

  /**
   * Eclipse's compiler finds no nested class with a dollar in a name, and no outer class either
   * once it was asked for the nested one. So the outer class is asked first, and lists the nested
   * ones.
   */
  private static Optional<TypeElement> find(
      String name, Function<String, @Nullable TypeElement> ask) {
    int dot = name.lastIndexOf('.');
    if (dot >= 0 && name.indexOf('$') >= 0) {
      Optional<TypeElement> outer = find(name.substring(0, dot), ask);
      if (outer.isPresent()) {
        return ElementFilter.typesIn(outer.get().getEnclosedElements()).stream()
            .filter(nested -> nested.getSimpleName().contentEquals(name.substring(dot + 1)))
            .findFirst();
      }
    }
    return Optional.ofNullable(ask.apply(name));
  }

  /** Returns a class by name. */
  public Optional<TypeElement> find(ClassName name) {
    return find(name.canonicalName());
  }

  /** Returns a class by name, if code in the package of a user's class could use it. */
  public Optional<TypeElement> findFrom(TypeElement user, String qualifiedName) {
    ModuleElement module = elements.getModuleOf(home(user));
    return module == null
        ? find(qualifiedName)
        : find(qualifiedName, name -> elements.getTypeElement(module, name));
  }

  /** Returns the class or interface of a type; empty for primitives, arrays and type variables. */
  public static Optional<TypeElement> declared(TypeMirror type) {
    return type.getKind() == TypeKind.DECLARED
        ? Optional.of((TypeElement) ((DeclaredType) type).asElement())
        : Optional.empty();
  }

  /** Returns the class that declares a member. */
  public static TypeElement owner(Element member) {
    return (TypeElement) Objects.requireNonNull(member.getEnclosingElement());
  }

  /** Returns whether a type is of this class, with any type arguments. */
  public static boolean is(TypeMirror type, ClassName name) {
    return declared(type).filter(element -> is(element, name)).isPresent();
  }

  /** Returns whether a class is this one. */
  public static boolean is(TypeElement type, ClassName name) {
    return type.getQualifiedName().contentEquals(name.canonicalName());
  }

  /** Returns whether a class is one of Bitfold's annotations. */
  public static boolean isOurs(TypeElement type) {
    return is(type, BitfoldNames.annotation(type.getSimpleName().toString()));
  }

  /** Returns whether a type is ND4J's array. */
  public static boolean isTensor(TypeMirror type) {
    return is(type, BitfoldNames.TENSOR);
  }

  /** Returns whether a type is the variable of a graph. */
  public static boolean isVariable(TypeMirror type) {
    return is(type, BitfoldNames.SD_VARIABLE);
  }

  /** Returns whether a class belongs to Java or ND4J, which hold no layers of Bitfold. */
  public boolean isPlatform(TypeElement type) {
    String name = elements.getPackageOf(type).getQualifiedName().toString();
    return name.startsWith("java.") || name.startsWith("javax.") || name.startsWith("org.nd4j.");
  }

  /** Returns a class and its superclasses, except those of Java. */
  public List<TypeElement> chain(TypeElement type) {
    List<TypeElement> chain = new ArrayList<>();
    Optional<TypeElement> next = Optional.of(type);
    while (next.isPresent() && !isPlatform(next.get())) {
      chain.add(next.get());
      next = declared(next.get().getSuperclass());
    }
    return chain;
  }

  /** Returns all interfaces of a class, including inherited ones, each once. */
  public List<DeclaredType> interfaces(TypeElement type) {
    List<DeclaredType> found = new ArrayList<>();
    collectInterfaces(type.asType(), found);
    return found;
  }

  private void collectInterfaces(TypeMirror type, List<DeclaredType> found) {
    for (TypeMirror parent : types.directSupertypes(type)) {
      boolean known = found.stream().anyMatch(other -> types.isSameType(other, parent));
      if (!known && declared(parent).isPresent()) {
        if (declared(parent).get().getKind() == ElementKind.INTERFACE) {
          found.add((DeclaredType) parent);
        }
        collectInterfaces(parent, found);
      }
    }
  }

  /** Returns the type of a member as seen from a class that may inherit it. */
  public TypeMirror memberType(TypeElement from, Element member) {
    return types.asMemberOf((DeclaredType) from.asType(), member);
  }

  /** Returns whether code in a class's package can use a member of that class. */
  public boolean readable(Element member, TypeElement from) {
    if (member.getModifiers().contains(Modifier.PUBLIC)) {
      return true;
    }
    return !member.getModifiers().contains(Modifier.PRIVATE)
        && elements.getPackageOf(member).equals(elements.getPackageOf(home(from)));
  }

  /** Returns whether code in a class's package can name a type, including its type arguments. */
  public boolean nameable(TypeMirror type, TypeElement from) {
    return NamedTypes.in(type).stream().allMatch(named -> hidden(named, from).isEmpty());
  }

  /**
   * Returns the class that code in a class's package cannot name: the type's own class, or one
   * around it.
   */
  public Optional<TypeElement> hidden(DeclaredType type, TypeElement from) {
    for (@Nullable Element e = type.asElement();
        e instanceof TypeElement around;
        e = e.getEnclosingElement()) {
      if (!readable(around, from)) {
        return Optional.of(around);
      }
    }
    return Optional.empty();
  }

  /** Returns {@code private}, {@code protected}, {@code public} or {@code package-private}. */
  public static String visibility(Element element) {
    return element.getModifiers().stream()
        .map(Modifier::toString)
        .filter(Set.of("private", "protected", "public")::contains)
        .findFirst()
        .orElse("package-private");
  }

  /** Returns whether a type is of a class or interface, with any type arguments. */
  public boolean isSubclass(TypeMirror type, TypeElement parent) {
    return types.isSubtype(types.erasure(type), types.erasure(parent.asType()));
  }

  /** Returns the package of an element. */
  public String packageOf(Element element) {
    return elements.getPackageOf(element).getQualifiedName().toString();
  }

  /** Returns the compiler's elements. */
  public Elements elements() {
    return elements;
  }

  /** Returns the compiler's types. */
  public Types types() {
    return types;
  }
}
