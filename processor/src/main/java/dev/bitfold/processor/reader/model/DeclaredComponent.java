package dev.bitfold.processor.reader.model;

import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.model.Accessor;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Declarations;
import java.util.List;
import java.util.Optional;
import javax.lang.model.type.TypeMirror;

/**
 * Describes a component of a model, which is an argument of its constructor.
 *
 * @param name the name of the parameter
 * @param accessor how the value is read
 * @param type the type of the parameter
 * @param declarations the places where it is declared
 * @param content what happens to it; empty if that is not known, which is reported while reading
 */
public record DeclaredComponent(
    String name,
    Accessor accessor,
    TypeMirror type,
    Declarations declarations,
    Optional<ComponentModel> content) {
  /** Returns the {@code @SmoothInto} on the component. */
  public Optional<AnnotationUse> smoothInto() {
    return declarations.annotation(BitfoldNames.SMOOTH_INTO);
  }

  /** Returns the paths of consumers that a {@code @SmoothInto} lists. */
  public static List<String> consumers(AnnotationUse smoothInto) {
    return smoothInto.value("value").map(AnnotationValues::list).orElse(List.of()).stream()
        .map(AnnotationValues::text)
        .toList();
  }
}
