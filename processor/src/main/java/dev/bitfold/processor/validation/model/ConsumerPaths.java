package dev.bitfold.processor.validation.model;

import com.palantir.javapoet.ClassName;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Declarations;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.model.DeclaredComponent;
import dev.bitfold.processor.reader.model.DeclaredModel;
import dev.bitfold.processor.reader.model.ModelScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.RecordComponentElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.ExecutableType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.TypeVariable;

/**
 * Follows paths of components: {@code attention.query}, {@code hidden.3}, {@code hidden.*}. If a
 * component can be of several classes, the path must be valid in each of them.
 */
final class ConsumerPaths {
  private static final Pattern INDEX = Pattern.compile("\\*|0|[1-9]\\d{0,8}");

  /** Signals that a path names no layer. It holds what is wrong, and what to write. */
  static final class NoLayerException extends Exception {
    private static final long serialVersionUID = 1;
    private final ProblemId id;
    private final String fix;

    NoLayerException(String what, String fix) {
      this(ProblemId.CONSUMER_PATH, what, fix);
    }

    NoLayerException(ProblemId id, String what, String fix) {
      super(what);
      this.id = id;
      this.fix = fix;
    }

    /** Returns the id of the problem. */
    ProblemId id() {
      return id;
    }

    /** Returns what is wrong. */
    String what() {
      return String.valueOf(getMessage());
    }

    /** Returns what to write. */
    String fix() {
      return fix;
    }
  }

  /**
   * Describes a component on the path.
   *
   * @param type its type, as seen from the model that holds it
   * @param declarations the places where it is declared
   */
  private record Step(TypeMirror type, Declarations declarations) {
    Optional<AnnotationUse> annotation(ClassName name) {
      return declarations.annotation(name);
    }
  }

  private final ModelScope scope;
  private final Language language;
  private final LayerDetector detector;
  private final Holdings holdings;

  /** Makes the paths of a model, in its own scope. */
  ConsumerPaths(ModelScope scope) {
    this.scope = scope;
    this.language = scope.language();
    this.detector = scope.detector();
    this.holdings = scope.holdings();
  }

  /**
   * Returns the layer classes that a path may name, each with its layer unless it cannot be read.
   *
   * @param model the model that the path starts in
   * @throws NoLayerException if it names none
   */
  Map<TypeElement, Optional<LayerModel>> layers(String path, DeclaredModel model)
      throws NoLayerException {
    if (path.isBlank() || path.startsWith(".") || path.endsWith(".") || path.contains("..")) {
      throw new NoLayerException(
          "is not a path", "write names separated by dots, such as attention.query");
    }
    Map<String, Step> components = new LinkedHashMap<>();
    model.components().forEach(component -> components.put(component.name(), step(component)));
    Map<TypeElement, Optional<LayerModel>> layers = new LinkedHashMap<>();
    follow(List.of(path.split("\\.")), 0, components, model.type(), layers);
    return layers;
  }

  /**
   * Returns the layer classes of a component that is itself a layer, or an Optional of one, each
   * with its layer unless it cannot be read.
   *
   * @throws NoLayerException if it is neither
   */
  Map<TypeElement, Optional<LayerModel>> layers(DeclaredComponent component)
      throws NoLayerException {
    Step step = step(component);
    Map<TypeElement, Optional<LayerModel>> layers = new LinkedHashMap<>();
    into(step.type(), step, List.of(""), 0, layers);
    return layers;
  }

  private static Step step(DeclaredComponent component) {
    return new Step(component.type(), component.declarations());
  }

  private void follow(
      List<String> names,
      int at,
      Map<String, Step> components,
      TypeElement model,
      Map<TypeElement, Optional<LayerModel>> layers)
      throws NoLayerException {
    Step step = components.get(names.get(at));
    if (step == null) {
      throw new NoLayerException(
          "does not exist: " + model.getSimpleName() + " has no component " + names.get(at),
          NearestName.suggestion(names.get(at), components.keySet())
              + "its components are "
              + String.join(", ", components.keySet()));
    }
    if (step.annotation(BitfoldNames.SKIP_QUANTIZE).isPresent()) {
      throw new NoLayerException(
          "stays float: @SkipQuantize is on " + names.get(at), "remove one of the two");
    }
    if (at > 0) {
      refuseListed(names, at, components, model);
    }
    into(step.type(), step, names, at, layers);
  }

  /** Refuses a layer that a model on the path already lists as a consumer. */
  private static void refuseListed(
      List<String> names, int at, Map<String, Step> components, TypeElement model)
      throws NoLayerException {
    String rest = String.join(".", names.subList(at, names.size()));
    for (Map.Entry<String, Step> component : components.entrySet()) {
      boolean listed =
          component.getValue().annotation(BitfoldNames.SMOOTH_INTO).stream()
              .flatMap(use -> DeclaredComponent.consumers(use).stream())
              .anyMatch(rest::equals);
      if (listed) {
        throw new NoLayerException(
            ProblemId.CONSUMER_TWICE,
            "is listed by "
                + component.getKey()
                + " of "
                + model.getSimpleName()
                + " already, and can take over only one scale",
            "keep one of the two");
      }
    }
  }

  private void into(
      TypeMirror type,
      Step step,
      List<String> names,
      int at,
      Map<TypeElement, Optional<LayerModel>> layers)
      throws NoLayerException {
    Unresolved.refuse(type);
    Optional<TypeMirror> element = element(type);
    if (isOptional(type) && element.isPresent()) {
      into(element.get(), step, names, at, layers);
    } else if (element.isPresent()) {
      if (at + 1 == names.size()) {
        throw new NoLayerException(
            "is " + TypeText.withArticle(type),
            "add an index or *: "
                + String.join(".", names)
                + ".0 or "
                + String.join(".", names)
                + ".*");
      }
      if (!isMap(type) && !INDEX.matcher(names.get(at + 1)).matches()) {
        throw new NoLayerException(
            "has " + names.get(at + 1) + " in place of the index of " + TypeText.withArticle(type),
            "write a number from 0, or * for all elements");
      }
      into(element.get(), step, names, at + 1, layers);
    } else {
      classes(type, step, names, at, layers);
    }
  }

  private void classes(
      TypeMirror type,
      Step step,
      List<String> names,
      int at,
      Map<TypeElement, Optional<LayerModel>> layers)
      throws NoLayerException {
    Set<TypeElement> classes = choices(type, step);
    if (classes.isEmpty()) {
      throw new NoLayerException(
          "is " + TypeText.withArticle(type) + ", which holds no layer", "name a layer");
    }
    for (TypeElement choice : classes) {
      boolean isModel = detector.isModel(choice);
      boolean isEnd = at + 1 == names.size();
      if (isModel && isEnd) {
        throw new NoLayerException(
            "is the model " + choice.getSimpleName(),
            "name the layers inside it that read the component, such as "
                + String.join(".", names)
                + "."
                + inside(choice).components(choice, type).keySet().stream()
                    .findFirst()
                    .orElse("…"));
      }
      if (!isModel && !isEnd) {
        throw new NoLayerException(
            "goes into " + choice.getSimpleName() + ", which is a layer",
            "end the path there: " + String.join(".", names.subList(0, at + 1)));
      }
      if (isModel) {
        ConsumerPaths inside = inside(choice);
        inside.follow(names, at + 1, inside.components(choice, type), choice, layers);
      } else {
        layers.put(choice, scope.layers().resolve(choice));
      }
    }
  }

  /** Returns the paths in a model that is on a path. */
  private ConsumerPaths inside(TypeElement model) {
    return new ConsumerPaths(scope.into(model));
  }

  /** Returns the classes that a component may be of. */
  private Set<TypeElement> choices(TypeMirror type, Step step) {
    Optional<AnnotationUse> listed = step.annotation(BitfoldNames.IMPLEMENTATIONS);
    if (listed.isEmpty()) {
      return holdings.found(type);
    }
    Set<TypeElement> classes = new LinkedHashSet<>();
    listed
        .get()
        .value("value")
        .map(AnnotationValues::list)
        .orElse(List.of())
        .forEach(value -> classes.addAll(holdings.found(AnnotationValues.type(value))));
    return classes;
  }

  /**
   * Returns the components of a model by name: what its fields, record components and accessors
   * hold.
   */
  private Map<String, Step> components(TypeElement model, TypeMirror seenAs) {
    Map<String, Step> components = new LinkedHashMap<>();
    Members members = new Members(language, model);
    for (RecordComponentElement component : model.getRecordComponents()) {
      add(components, component.getSimpleName().toString(), component, model, seenAs);
    }
    if (components.isEmpty()) {
      for (VariableElement field : members.fields()) {
        add(components, field.getSimpleName().toString(), field, model, seenAs);
      }
      for (ExecutableElement method : members.methods()) {
        if (Members.isAccessor(method)) {
          add(components, Members.property(method), method, model, seenAs);
        }
      }
    }
    components.values().removeIf(step -> choices(step.type(), step).isEmpty());
    return components;
  }

  private void add(
      Map<String, Step> components,
      String name,
      Element member,
      TypeElement model,
      TypeMirror seenAs) {
    Step known = components.get(name);
    List<Element> places =
        new ArrayList<>(known == null ? List.of() : known.declarations().elements());
    places.add(member);
    components.put(
        name,
        new Step(
            known == null ? memberType(member, model, seenAs) : known.type(),
            Declarations.of(language, places)));
  }

  private TypeMirror memberType(Element member, TypeElement model, TypeMirror seenAs) {
    boolean exactly = seenAs instanceof DeclaredType declared && declared.asElement().equals(model);
    TypeMirror type =
        language.types().asMemberOf((DeclaredType) (exactly ? seenAs : model.asType()), member);
    return type instanceof ExecutableType method ? method.getReturnType() : type;
  }

  private Optional<TypeMirror> element(TypeMirror type) {
    if (type instanceof ArrayType array) {
      return Optional.of(array.getComponentType());
    }
    if (type.getKind() == TypeKind.TYPEVAR) {
      return element(((TypeVariable) type).getUpperBound());
    }
    boolean container = isNamed(type, "java.util.List") || isOptional(type) || isMap(type);
    if (!container || ((DeclaredType) type).getTypeArguments().isEmpty()) {
      return Optional.empty();
    }
    List<? extends TypeMirror> arguments = ((DeclaredType) type).getTypeArguments();
    return Optional.of(arguments.get(arguments.size() - 1));
  }

  private static boolean isOptional(TypeMirror type) {
    return isNamed(type, "java.util.Optional");
  }

  private static boolean isMap(TypeMirror type) {
    return isNamed(type, "java.util.Map");
  }

  private static boolean isNamed(TypeMirror type, String name) {
    return Language.declared(type)
        .filter(element -> element.getQualifiedName().contentEquals(name))
        .isPresent();
  }
}
