package dev.bitfold.processor.reader;

import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.IntersectionType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.TypeVariable;
import javax.lang.model.type.WildcardType;

/**
 * Finds layers and models that a type holds. In classes that are being compiled, the search goes to
 * any depth. In class files, it goes one class deep, because the classes that they use may not even
 * be on the class path.
 */
public final class Holdings {
  private final Language language;
  private final SourceTypes sources;
  private final LayerDetector detector;
  private final TensorTraffic traffic;

  /** Makes the search. */
  public Holdings(Language language, SourceTypes sources, LayerDetector detector) {
    this.language = language;
    this.sources = sources;
    this.detector = detector;
    this.traffic = new TensorTraffic(language);
  }

  /** Returns whether there is a layer or model in a type. */
  public boolean any(TypeMirror type) {
    return !found(type).isEmpty();
  }

  /** Returns the layers and models in a type, without those inside of other layers and models. */
  public Set<TypeElement> found(TypeMirror type) {
    return search(type).found;
  }

  /** Returns the classes in a type that may be layers but have no annotation. */
  public Set<TypeElement> unmarked(TypeMirror type) {
    return search(type).unmarked;
  }

  /**
   * Returns the interfaces and abstract classes in a type that compute with tensors and do not say
   * which layers implement them.
   */
  public Set<TypeElement> open(TypeMirror type) {
    return search(type).open;
  }

  private Search search(TypeMirror type) {
    Search search = new Search();
    search.collect(type);
    return search;
  }

  /** Returns the first field of a class that holds a layer or model. */
  public Optional<VariableElement> holdingField(TypeElement type) {
    return new Members(language, type)
        .fields().stream().filter(field -> any(field.asType())).findFirst();
  }

  /** Returns whether a field of a class file holds a layer or model, directly or in a container. */
  private boolean isOfOurs(TypeMirror type) {
    if (type.getKind() == TypeKind.ARRAY) {
      return isOfOurs(((ArrayType) type).getComponentType());
    }
    return Language.declared(type)
        .filter(
            element ->
                detector.isLayer(element)
                    || detector.isModel(element)
                    || ((DeclaredType) type).getTypeArguments().stream().anyMatch(this::isOfOurs))
        .isPresent();
  }

  /** Searches one type. */
  private final class Search {
    private final Set<TypeElement> found = new LinkedHashSet<>();
    private final Set<TypeElement> unmarked = new LinkedHashSet<>();
    private final Set<TypeElement> open = new LinkedHashSet<>();
    private final Set<String> seen = new HashSet<>();

    void collect(TypeMirror type) {
      switch (type.getKind()) {
        case ARRAY -> collect(((ArrayType) type).getComponentType());
        case TYPEVAR -> {
          if (seen.add(type.toString())) {
            collect(((TypeVariable) type).getUpperBound());
          }
        }
        case INTERSECTION -> ((IntersectionType) type).getBounds().forEach(this::collect);
        case WILDCARD -> {
          TypeMirror bound = ((WildcardType) type).getExtendsBound();
          if (bound != null) {
            collect(bound);
          }
        }
        case DECLARED -> declared((DeclaredType) type);
        default -> {
          // Nothing to do: primitives hold no layers, and missing types are reported elsewhere.
        }
      }
    }

    private void declared(DeclaredType type) {
      type.getTypeArguments().forEach(this::collect);
      TypeElement element = (TypeElement) type.asElement();
      if (detector.isLayer(element) || detector.isModel(element)) {
        found.add(element);
        return;
      }
      if (language.isPlatform(element) || !seen.add(element.getQualifiedName().toString())) {
        return;
      }
      element.getPermittedSubclasses().forEach(this::collect);
      AnnotationUse.find(element, BitfoldNames.IMPLEMENTATIONS)
          .flatMap(use -> use.value("value"))
          .map(AnnotationValues::list)
          .orElse(List.of())
          .forEach(value -> collect(AnnotationValues.type(value)));
      boolean concrete =
          element.getKind().isClass() && !element.getModifiers().contains(Modifier.ABSTRACT);
      if (concrete) {
        concrete(element);
      } else if (traffic.takesTensors(element)) {
        open.add(element);
      }
    }

    private void concrete(TypeElement element) {
      List<TypeElement> marked =
          language.chain(element).stream().skip(1).filter(detector::isMarked).toList();
      found.addAll(marked);
      boolean source = sources.contains(element);
      for (VariableElement field : new Members(language, element).fields()) {
        if (source || isOfOurs(field.asType())) {
          collect(field.asType());
        }
      }
      if (marked.isEmpty()
          && AnnotationUse.find(element, BitfoldNames.GENERATED_LAYER).isEmpty()
          && traffic.heldByLayer(element).isPresent()) {
        unmarked.add(element);
      }
    }
  }
}
