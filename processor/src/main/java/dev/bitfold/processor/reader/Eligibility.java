package dev.bitfold.processor.reader;

import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Unresolved;
import java.util.Locale;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import org.jspecify.annotations.Nullable;

/** Decides whether code can be generated for a type at all. */
public final class Eligibility {
  private Eligibility() {}

  /** Reports an annotation for classes on an interface, enum or annotation type. */
  public static void notAClass(TypeElement type, Place place, Problems problems) {
    String kind = type.getKind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
    problems.add(
        ProblemId.NOT_A_CLASS,
        place,
        type.getSimpleName(),
        TypeText.withArticle(kind),
        type.getKind() == ElementKind.INTERFACE
            ? "annotate the classes that implement it"
            : "remove it, and annotate a class or record");
  }

  /** Returns whether code can be generated for the type; otherwise the problem is reported. */
  public static boolean check(Language language, TypeElement type, Problems problems) {
    if (type.getKind() != ElementKind.CLASS && type.getKind() != ElementKind.RECORD) {
      notAClass(type, Place.at(type), problems);
      return false;
    }
    if (type.getModifiers().contains(Modifier.ABSTRACT)) {
      problems.add(
          ProblemId.ABSTRACT_CLASS, Place.at(type), type.getSimpleName(), "@QuantizeModel");
      return false;
    }
    for (TypeElement owner : language.chain(type)) {
      Unresolved.refuse(owner.getSuperclass());
      owner.getInterfaces().forEach(Unresolved::refuse);
    }
    Problems nesting = new Problems();
    for (@Nullable Element e = type; e instanceof TypeElement t; e = e.getEnclosingElement()) {
      if (t.getModifiers().contains(Modifier.PRIVATE)) {
        nesting.add(ProblemId.PRIVATE_TYPE, Place.at(t), t.getSimpleName());
      }
      Element around = t.getEnclosingElement();
      if (around instanceof TypeElement && !t.getModifiers().contains(Modifier.STATIC)) {
        nesting.add(ProblemId.INNER_TYPE, Place.at(t), t.getSimpleName(), around.getSimpleName());
      }
    }
    nesting.list().forEach(problems::add);
    return nesting.isEmpty();
  }
}
