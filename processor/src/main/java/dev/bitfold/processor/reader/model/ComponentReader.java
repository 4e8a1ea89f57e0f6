package dev.bitfold.processor.reader.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.TensorTraffic;
import dev.bitfold.processor.reader.TypeText;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.TypeVariable;
import javax.lang.model.type.WildcardType;

/** Decides from a component's declared type what happens to it when the model is rebuilt. */
final class ComponentReader {
  private static final String MAP = "java.util.Map";

  private final Language language;
  private final LayerDetector detector;
  private final Holdings holdings;
  private final Wrappers wrappers;
  private final ChoiceReader choices;
  private final TensorTraffic traffic;

  ComponentReader(ModelScope scope) {
    this.language = scope.language();
    this.detector = scope.detector();
    this.holdings = scope.holdings();
    this.wrappers = new Wrappers(scope);
    this.traffic = new TensorTraffic(language);
    this.choices = new ChoiceReader(language, detector, wrappers);
  }

  /** Returns the component; empty if there is a problem, which is reported. */
  Optional<ComponentModel> read(TypeMirror type, ComponentSite site) {
    Unresolved.refuse(type);
    return switch (type.getKind()) {
      case ARRAY ->
          element(((ArrayType) type).getComponentType(), site, ComponentModel.ArrayOf::new);
      case TYPEVAR -> typeVariable((TypeVariable) type, site);
      case DECLARED -> declared((DeclaredType) type, site);
      default -> passedOn();
    };
  }

  private static Optional<ComponentModel> passedOn() {
    return Optional.of(new ComponentModel.PassedOn());
  }

  private interface Container {
    ComponentModel of(ComponentModel element);
  }

  private Optional<ComponentModel> element(
      TypeMirror type, ComponentSite site, Container container) {
    return read(type, site).map(c -> c.isRebuilt() ? container.of(c) : c);
  }

  private Optional<ComponentModel> typeVariable(TypeVariable type, ComponentSite site) {
    Optional<DeclaredType> known = bound(type).filter(bound -> isKnown(bound, site));
    if (known.isPresent()) {
      TypeName bound = TypeName.get(known.get());
      return ofClass(known.get(), type, site)
          .map(c -> c.isRebuilt() ? new ComponentModel.Bounded(bound, TypeName.get(type), c) : c);
    }
    boolean open =
        bound(type).filter(bound -> isOpen(bound, (TypeElement) bound.asElement())).isPresent();
    if (open || holdings.any(type)) {
      site.report(
          ProblemId.GENERIC_COMPONENT,
          type,
          "bound it by an annotated class or a sealed interface, declare it as a class, or keep it"
              + " float with @SkipQuantize");
      return Optional.empty();
    }
    return isAnything(type.getUpperBound()) ? anything(type, site) : passedOn();
  }

  private boolean isOpen(DeclaredType type, TypeElement element) {
    return traffic.takesTensors(element) || isFunction(type, element);
  }

  /** Returns the class or interface that bounds a type variable, if it is only one. */
  private static Optional<DeclaredType> bound(TypeVariable variable) {
    TypeMirror bound = variable.getUpperBound();
    while (bound instanceof TypeVariable other) {
      bound = other.getUpperBound();
    }
    return bound.getKind() == TypeKind.DECLARED
        ? Optional.of((DeclaredType) bound)
        : Optional.empty();
  }

  /** Returns whether all classes are known that a value of a type can be of. */
  private boolean isKnown(DeclaredType type, ComponentSite site) {
    TypeElement element = (TypeElement) type.asElement();
    return detector.isModel(element)
        || detector.isLayer(element)
        || listed(element, site).isPresent()
        || (element.getModifiers().contains(Modifier.SEALED) && holdings.any(type));
  }

  /** Returns whether a type tells nothing about the value. */
  private static boolean isAnything(TypeMirror type) {
    if (type.getKind() == TypeKind.WILDCARD) {
      TypeMirror bound = ((WildcardType) type).getExtendsBound();
      return bound == null || isAnything(bound);
    }
    return Language.is(type, ClassName.OBJECT);
  }

  private static Optional<ComponentModel> anything(TypeMirror type, ComponentSite site) {
    site.report(ProblemId.COMPONENT_OF_ANYTHING, TypeText.of(type));
    return Optional.empty();
  }

  private Optional<ComponentModel> declared(DeclaredType type, ComponentSite site) {
    TypeElement element = (TypeElement) type.asElement();
    switch (element.getQualifiedName().toString()) {
      case "java.util.List" -> {
        return container(type, site, ComponentModel.ListOf::new, "E", "List<%s>");
      }
      case "java.util.Optional" -> {
        return container(type, site, ComponentModel.OptionalOf::new, "T", "Optional<%s>");
      }
      case MAP -> {
        return container(type, site, ComponentModel.MapOf::new, "K, V", "Map<K, %s>");
      }
      default -> {
        return ofClass(type, type, site);
      }
    }
  }

  /**
   * Reads a component that is not a container.
   *
   * @param declared the type itself, or the type variable that it bounds
   */
  private Optional<ComponentModel> ofClass(
      DeclaredType type, TypeMirror declared, ComponentSite site) {
    TypeElement element = (TypeElement) type.asElement();
    Optional<AnnotationUse> listed = listed(element, site);
    if (listed.isPresent()) {
      return choices.listed(listed.get(), type, declared, site);
    }
    return language.isPlatform(element)
        ? platform(type, element, site)
        : user(type, declared, element, site);
  }

  /** Returns the annotation that lists the classes of a component. */
  private static Optional<AnnotationUse> listed(TypeElement element, ComponentSite site) {
    return site.declarations()
        .annotation(BitfoldNames.IMPLEMENTATIONS)
        .or(() -> AnnotationUse.find(element, BitfoldNames.IMPLEMENTATIONS));
  }

  private Optional<ComponentModel> container(
      DeclaredType type, ComponentSite site, Container container, String variables, String text) {
    String name = type.asElement().getSimpleName().toString();
    if (type.getTypeArguments().isEmpty()) {
      site.report(ProblemId.CONTAINER_RAW, name, variables.equals("K, V") ? "K, Linear" : "Linear");
      return Optional.empty();
    }
    List<? extends TypeMirror> arguments = type.getTypeArguments();
    TypeMirror last = arguments.get(arguments.size() - 1);
    UnaryOperator<String> format = inner -> text.replace("%s", inner);
    if (arguments.size() > 1 && holdings.any(arguments.get(0))) {
      site.report(ProblemId.CONTAINER_TYPE, TypeText.of(type), format.apply(TypeText.of(last)));
      return Optional.empty();
    }
    if (isAnything(last)) {
      return anything(type, site);
    }
    if (last.getKind() == TypeKind.WILDCARD) {
      if (!holdings.any(last)) {
        return passedOn();
      }
      TypeElement inside = holdings.found(last).iterator().next();
      site.report(
          ProblemId.CONTAINER_WILDCARD,
          TypeText.of(type),
          format.apply(inside.getSimpleName().toString()));
      return Optional.empty();
    }
    return element(last, site, container);
  }

  private Optional<ComponentModel> platform(
      DeclaredType type, TypeElement element, ComponentSite site) {
    boolean raw = type.getTypeArguments().isEmpty() && !element.getTypeParameters().isEmpty();
    if (raw && isCollection(type)) {
      site.report(ProblemId.CONTAINER_RAW, element.getSimpleName(), "…");
      return Optional.empty();
    }
    if (isAnything(type) || (isCollection(type) && hasOpenArgument(type))) {
      return anything(type, site);
    }
    if (isFunction(type, element)) {
      site.report(ProblemId.OPEN_COMPONENT, TypeText.of(type), "a function of tensors");
      return Optional.empty();
    }
    return withoutLayersInArguments(type, site);
  }

  /**
   * Returns whether the value may be any object that computes with tensors, such as a layer's
   * method.
   */
  private boolean isFunction(DeclaredType type, TypeElement element) {
    return element.getKind().isInterface()
        && !isCollection(type)
        && type.getTypeArguments().stream().anyMatch(TensorTraffic::mentionsTensor);
  }

  private static boolean hasOpenArgument(DeclaredType type) {
    List<? extends TypeMirror> arguments = type.getTypeArguments();
    return !arguments.isEmpty() && isAnything(arguments.get(arguments.size() - 1));
  }

  private boolean isCollection(TypeMirror type) {
    return Stream.of("java.lang.Iterable", MAP)
        .flatMap(name -> language.find(name).stream())
        .anyMatch(
            known ->
                language
                    .types()
                    .isSubtype(
                        language.types().erasure(type), language.types().erasure(known.asType())));
  }

  private Optional<ComponentModel> withoutLayersInArguments(DeclaredType type, ComponentSite site) {
    for (TypeMirror argument : type.getTypeArguments()) {
      if (holdings.any(argument)) {
        site.report(
            ProblemId.CONTAINER_TYPE,
            TypeText.of(type),
            isIterable(type) ? "List<" + TypeText.of(argument) + ">" : TypeText.of(argument));
        return Optional.empty();
      }
    }
    return passedOn();
  }

  /** Returns whether a type holds several values. A Supplier or a reference holds one. */
  private boolean isIterable(DeclaredType type) {
    return language
        .find("java.lang.Iterable")
        .filter(iterable -> language.isSubclass(type, iterable))
        .isPresent();
  }

  private Optional<ComponentModel> user(
      DeclaredType type, TypeMirror declared, TypeElement element, ComponentSite site) {
    if (AnnotationUse.find(element, BitfoldNames.GENERATED_LAYER).isPresent()) {
      site.report(ProblemId.WRAPPER_COMPONENT, element.getSimpleName(), wrappers.madeFor(element));
      return Optional.empty();
    }
    if (detector.isModel(element) || detector.isLayer(element)) {
      return known(type, declared, element, site);
    }
    if (element.getModifiers().contains(Modifier.SEALED)) {
      return choices.permitted(element, type, declared, site);
    }
    if (element.getKind().isInterface() || element.getModifiers().contains(Modifier.ABSTRACT)) {
      return open(type, element, site);
    }
    return unmarked(type, element, site);
  }

  private Optional<ComponentModel> known(
      DeclaredType type, TypeMirror declared, TypeElement element, ComponentSite site) {
    boolean raw = type.getTypeArguments().isEmpty() && !element.getTypeParameters().isEmpty();
    boolean wildcard =
        type.getTypeArguments().stream().anyMatch(a -> a.getKind() == TypeKind.WILDCARD);
    if (raw || wildcard) {
      site.report(
          ProblemId.GENERIC_COMPONENT,
          (raw ? "raw " : "") + TypeText.of(type),
          "write its type arguments: " + element.getSimpleName() + "<…>");
      return Optional.empty();
    }
    return detector.isModel(element)
        ? wrappers.model(element, site).map(ComponentModel.Model::new)
        : wrappers.layer(element, declared, site).map(ComponentModel.Layer::new);
  }

  private Optional<ComponentModel> open(
      DeclaredType type, TypeElement element, ComponentSite site) {
    if (traffic.takesTensors(element)
        || TensorTraffic.mentionsTensor(type)
        || detector.isMarked(element)) {
      site.report(
          ProblemId.OPEN_COMPONENT,
          TypeText.of(type),
          element.getKind().isInterface() ? "an open interface" : "an abstract class");
      return Optional.empty();
    }
    return ofUser(type, element, site);
  }

  /** Reads a class or interface of the user's that is not a layer, by its type arguments. */
  private Optional<ComponentModel> ofUser(
      DeclaredType type, TypeElement element, ComponentSite site) {
    boolean raw = type.getTypeArguments().isEmpty() && !element.getTypeParameters().isEmpty();
    if (raw || type.getTypeArguments().stream().anyMatch(ComponentReader::isAnything)) {
      return anything(type, site);
    }
    return withoutLayersInArguments(type, site);
  }

  private Optional<ComponentModel> unmarked(
      DeclaredType type, TypeElement element, ComponentSite site) {
    Optional<TypeElement> marked =
        language.chain(element).stream().skip(1).filter(detector::isMarked).findFirst();
    if (marked.isPresent()) {
      site.report(
          ProblemId.SUBCLASS_NOT_ANNOTATED, element.getSimpleName(), marked.get().getSimpleName());
      return Optional.empty();
    }
    Optional<VariableElement> holding = holdings.holdingField(element);
    if (holding.isPresent()) {
      site.report(
          ProblemId.MODEL_NOT_ANNOTATED,
          element.getSimpleName(),
          TypeText.of(holding.get().asType()) + " " + holding.get().getSimpleName());
      return Optional.empty();
    }
    return ofUser(type, element, site);
  }
}
