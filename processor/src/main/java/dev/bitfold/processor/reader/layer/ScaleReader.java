package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.creator.Creation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.VariableElement;

/** Finds the parameters of the constructor and of {@code forward} that take scales of codes. */
final class ScaleReader {
  private final Language language;

  ScaleReader(Language language) {
    this.language = language;
  }

  List<DeclaredScale> read(Creation creation, Optional<DeclaredForward> forward) {
    List<DeclaredScale> found = new ArrayList<>();
    creation.creator().ifPresent(creator -> read(creator.constructor(), false, found));
    forward.ifPresent(hooked -> read(hooked.method(), true, found));
    return found;
  }

  private void read(ExecutableElement method, boolean ofForward, List<DeclaredScale> found) {
    for (VariableElement parameter : method.getParameters()) {
      AnnotationUse.find(language.annotated(parameter), BitfoldNames.SCALE_OF)
          .ifPresent(
              use ->
                  found.add(
                      new DeclaredScale(
                          language.name(parameter),
                          parameter.asType(),
                          ofForward,
                          use.text("value"),
                          use)));
    }
  }
}
