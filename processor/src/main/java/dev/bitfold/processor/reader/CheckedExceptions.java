package dev.bitfold.processor.reader;

import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.lang.Language;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.type.TypeMirror;

/** Finds the exceptions of a constructor or method that its caller must handle. */
public final class CheckedExceptions {
  private CheckedExceptions() {}

  public static List<TypeName> of(Language language, ExecutableElement called) {
    List<? extends TypeMirror> unchecked =
        Stream.of("java.lang.RuntimeException", "java.lang.Error")
            .flatMap(name -> language.find(name).stream())
            .map(element -> element.asType())
            .toList();
    return called.getThrownTypes().stream()
        .filter(thrown -> unchecked.stream().noneMatch(u -> language.types().isSubtype(thrown, u)))
        .map(TypeName::get)
        .toList();
  }
}
