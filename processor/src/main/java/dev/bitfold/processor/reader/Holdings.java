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
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.TypeVariable;
import javax.lang.model.type.WildcardType;

/**
 * Finds layers and models that a type holds: however deep in classes that are being compiled, one
 * class deep in those of class files, whose own world may not even be on the class path.
 */
public final class Holdings {
  private final Language language;
  private final SourceTypes sources;
  private final LayerDetector detector;

  /** With what tells layers from other classes. */
  public Holdings(Language language, SourceTypes sources, LayerDetector detector) {
    this.language = language;
    this.sources = sources;
    this.detector = detector;
  }

  /** Whether there is a layer or model in a type. */
  public boolean any(TypeMirror type) {
    return !found(type).isEmpty();
  }

  /** The layers and models in a type, not those inside of these. */
  public Set<TypeElement> found(TypeMirror type) {
    Set<TypeElement> found = new LinkedHashSet<>();
    collect(type, found, new HashSet<>());
    return found;
  }

  /** The first field of a class that holds a layer or model. */
  public Optional<VariableElement> holdingField(TypeElement type) {
    return new Members(language, type)
        .fields().stream().filter(field -> any(field.asType())).findFirst();
  }

  private void collect(TypeMirror type, Set<TypeElement> found, Set<String> seen) {
    switch (type.getKind()) {
      case ARRAY -> collect(((ArrayType) type).getComponentType(), found, seen);
      case TYPEVAR -> {
        if (seen.add(type.toString())) {
          collect(((TypeVariable) type).getUpperBound(), found, seen);
        }
      }
      case WILDCARD -> {
        TypeMirror bound = ((WildcardType) type).getExtendsBound();
        if (bound != null) {
          collect(bound, found, seen);
        }
      }
      case DECLARED -> declared((DeclaredType) type, found, seen);
      default -> {
        // Primitives hold nothing; what does not exist is reported elsewhere.
      }
    }
  }

  private void declared(DeclaredType type, Set<TypeElement> found, Set<String> seen) {
    type.getTypeArguments().forEach(argument -> collect(argument, found, seen));
    TypeElement element = (TypeElement) type.asElement();
    if (detector.isLayer(element) || detector.isModel(element)) {
      found.add(element);
      return;
    }
    if (language.isPlatform(element) || !seen.add(element.getQualifiedName().toString())) {
      return;
    }
    element.getPermittedSubclasses().forEach(permitted -> collect(permitted, found, seen));
    AnnotationUse.find(element, BitfoldNames.IMPLEMENTATIONS)
        .flatMap(use -> use.value("value"))
        .map(AnnotationValues::list)
        .orElse(List.of())
        .forEach(value -> implementation(value, found, seen));
    boolean concrete =
        element.getKind().isClass() && !element.getModifiers().contains(Modifier.ABSTRACT);
    if (concrete) {
      language.chain(element).stream().skip(1).filter(detector::isMarked).forEach(found::add);
      boolean source = sources.contains(element);
      for (VariableElement field : new Members(language, element).fields()) {
        if (source || isOfOurs(field.asType())) {
          collect(field.asType(), found, seen);
        }
      }
    }
  }

  /** Whether a field of a class file holds a layer or model itself, or in a container. */
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

  private void implementation(AnnotationValue value, Set<TypeElement> found, Set<String> seen) {
    collect(AnnotationValues.type(value), found, seen);
  }
}
