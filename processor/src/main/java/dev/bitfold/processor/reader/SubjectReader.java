package dev.bitfold.processor.reader;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeVariableName;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.Subject;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import javax.lang.model.element.Element;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import org.jspecify.annotations.Nullable;

/** Reads what every kind of generated class needs to know about the user's class. */
public final class SubjectReader {
  private SubjectReader() {}

  /**
   * Returns the subject.
   *
   * @param mentioned what generated code names of the user's code
   */
  public static Subject read(
      Language language, TypeElement type, ClassName generated, Mentions mentioned) {
    return new Subject(
        ClassName.get(type),
        ClassName.get(language.home(type)),
        generated,
        TypeName.get(type.asType()),
        type.getTypeParameters().stream().map(TypeVariableName::get).toList(),
        isPublic(type) && isPublic(language.home(type)),
        names(ElementFilter.typesIn(language.elements().getAllMembers(type))),
        names(ElementFilter.methodsIn(language.elements().getAllMembers(type))),
        language.shadowed(type),
        mentioned.suppressions(),
        language.findFrom(type, "javax.annotation.processing.Generated").isPresent());
  }

  /** Returns whether a class and all classes around it are public. */
  static boolean isPublic(TypeElement type) {
    for (@Nullable Element e = type; e instanceof TypeElement; e = e.getEnclosingElement()) {
      if (!e.getModifiers().contains(Modifier.PUBLIC)) {
        return false;
      }
    }
    return true;
  }

  private static Set<String> names(Collection<? extends Element> members) {
    Set<String> names = new TreeSet<>();
    members.forEach(member -> names.add(member.getSimpleName().toString()));
    return names;
  }
}
