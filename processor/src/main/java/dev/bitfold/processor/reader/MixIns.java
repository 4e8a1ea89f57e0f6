package dev.bitfold.processor.reader;

import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.TypeElement;

/**
 * Lists the mix-ins of the classes that a model holds. The model names them, so what is generated
 * for the model depends on no class that it does not name.
 *
 * @param byTarget each mix-in by the qualified name of the class that it is of
 */
public record MixIns(Map<String, TypeElement> byTarget) {
  /** No mix-in. */
  public static final MixIns NONE = new MixIns(Map.of());

  /**
   * Describes a mix-in as a model lists it.
   *
   * @param value where it is listed
   * @param type the class that is listed
   * @param target the class that it is a mix-in of; empty if it is none
   */
  public record Listed(AnnotationValue value, TypeElement type, Optional<TypeElement> target) {}

  /** Copies the map. */
  public MixIns {
    byTarget = Map.copyOf(byTarget);
  }

  /**
   * Returns those that a model lists.
   *
   * @param model the class with the model's annotations: the model itself, or its mix-in
   */
  public static MixIns of(TypeElement model) {
    Map<String, TypeElement> byTarget = new LinkedHashMap<>();
    for (Listed listed : listed(model)) {
      listed
          .target()
          .ifPresent(
              target -> byTarget.putIfAbsent(target.getQualifiedName().toString(), listed.type()));
    }
    return new MixIns(byTarget);
  }

  /** Returns what a model lists, in the order of the source. */
  public static List<Listed> listed(TypeElement model) {
    return AnnotationUse.find(model, BitfoldNames.QUANTIZE_MODEL)
        .flatMap(use -> use.value("mixIns"))
        .map(AnnotationValues::list)
        .orElse(List.of())
        .stream()
        .flatMap(value -> listed(value).stream())
        .toList();
  }

  private static Optional<Listed> listed(AnnotationValue value) {
    return Language.declared(AnnotationValues.type(value))
        .map(type -> new Listed(value, type, target(type)));
  }

  /** Returns the class that a mix-in is of; empty if the type is no mix-in of a class. */
  public static Optional<TypeElement> target(TypeElement mixIn) {
    return AnnotationUse.find(mixIn, BitfoldNames.QUANTIZE_FOR)
        .flatMap(use -> use.value("value"))
        .map(AnnotationValues::type)
        .flatMap(Language::declared);
  }

  /** Returns the mix-in of a class. */
  public Optional<TypeElement> find(TypeElement target) {
    return Optional.ofNullable(byTarget.get(target.getQualifiedName().toString()));
  }

  /** Returns the class that carries a class's annotations: its mix-in, or the class itself. */
  public TypeElement annotated(TypeElement type) {
    return find(type).orElse(type);
  }
}
