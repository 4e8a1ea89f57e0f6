package dev.bitfold.processor.reader;

import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.lang.Language;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.type.TypeMirror;

/** The exceptions of a constructor that its caller must handle. */
final class CheckedExceptions {
  private CheckedExceptions() {}

  static List<TypeName> of(Language language, ExecutableElement constructor) {
    List<? extends TypeMirror> unchecked =
        Stream.of("java.lang.RuntimeException", "java.lang.Error")
            .flatMap(name -> language.find(name).stream())
            .map(element -> element.asType())
            .toList();
    return constructor.getThrownTypes().stream()
        .filter(thrown -> unchecked.stream().noneMatch(u -> language.types().isSubtype(thrown, u)))
        .map(TypeName::get)
        .toList();
  }
}
