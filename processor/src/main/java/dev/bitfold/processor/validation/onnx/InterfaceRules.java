package dev.bitfold.processor.validation.onnx;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.List;
import java.util.Locale;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import org.jspecify.annotations.Nullable;

/** Checks that an interface holds nothing that nobody would implement. */
final class InterfaceRules {
  private static final List<ClassName> OTHER_KINDS =
      List.of(BitfoldNames.QUANTIZE_MODEL, BitfoldNames.QUANTIZE_FOR, BitfoldNames.IMPLEMENTATIONS);

  private InterfaceRules() {}

  static void check(TypeElement type, Problems problems) {
    AnnotationUse use = AnnotationUse.find(type, BitfoldNames.QUANTIZE_ONNX).orElseThrow();
    if (type.getKind() != ElementKind.INTERFACE) {
      String kind = type.getKind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
      refuse(type, use.place(), "it is of the kind " + kind, "make it an interface", problems);
      return;
    }
    for (ExecutableElement method : ElementFilter.methodsIn(type.getEnclosedElements())) {
      refuse(
          type,
          Place.at(method),
          "it has the method " + method.getSimpleName() + ", which no class would implement",
          "remove it: the generated class opens, feeds and runs the file",
          problems);
    }
    if (!type.getInterfaces().isEmpty() || !type.getTypeParameters().isEmpty()) {
      refuse(
          type,
          Place.at(type),
          "it extends other interfaces or has type parameters, which mean nothing here",
          "remove them",
          problems);
    }
    for (@Nullable Element e = type; e instanceof TypeElement t; e = e.getEnclosingElement()) {
      if (t.getModifiers().contains(Modifier.PRIVATE)) {
        problems.add(ProblemId.PRIVATE_TYPE, Place.at(t), t.getSimpleName());
      }
    }
    for (ClassName kind : OTHER_KINDS) {
      AnnotationUse.find(type, kind)
          .ifPresent(
              other ->
                  refuse(
                      type,
                      other.place(),
                      other.label() + " is for classes with layers of their own",
                      "keep one of the two",
                      problems));
    }
  }

  private static void refuse(
      TypeElement type, Place place, String why, String remedy, Problems problems) {
    problems.add(ProblemId.ONNX_INTERFACE, place, type.getSimpleName(), why, remedy);
  }
}
