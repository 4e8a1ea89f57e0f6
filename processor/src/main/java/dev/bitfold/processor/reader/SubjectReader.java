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
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;
import org.jspecify.annotations.Nullable;

/** Reads what every kind of generated class needs of the user's one. */
public final class SubjectReader {
  private SubjectReader() {}

  /**
   * The subject.
   *
   * @param touched the members that generated code calls
   */
  public static Subject read(
      Language language,
      TypeElement type,
      ClassName generated,
      Collection<? extends Element> touched) {
    return new Subject(
        ClassName.get(type),
        generated,
        TypeName.get(type.asType()),
        type.getTypeParameters().stream().map(TypeVariableName::get).toList(),
        isPublic(type),
        names(ElementFilter.typesIn(language.elements().getAllMembers(type))),
        names(ElementFilter.methodsIn(language.elements().getAllMembers(type))),
        language.shadowed(type),
        suppressions(language, type, touched),
        language.findFrom(type, "javax.annotation.processing.Generated").isPresent());
  }

  /** Whether a class and all around it are public. */
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

  private static Set<String> suppressions(
      Language language, TypeElement type, Collection<? extends Element> touched) {
    Set<String> names = new TreeSet<>();
    if (deprecated(language, type)
        || touched.stream().anyMatch(element -> deprecated(language, element))) {
      names.add("deprecation");
      names.add("removal");
    }
    if (touched.stream().anyMatch(SubjectReader::hasRawTypes)) {
      names.add("rawtypes");
    }
    if (isSerializable(language, type)) {
      names.add("serial");
    }
    return names;
  }

  private static boolean deprecated(Language language, @Nullable Element element) {
    for (@Nullable Element e = element; e != null; e = e.getEnclosingElement()) {
      if (language.elements().isDeprecated(e)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasRawTypes(Element element) {
    return element instanceof ExecutableElement method
        ? isRaw(method.getReturnType())
            || method.getParameters().stream()
                .map(VariableElement::asType)
                .anyMatch(SubjectReader::isRaw)
        : isRaw(element.asType());
  }

  private static boolean isRaw(TypeMirror type) {
    return type.getKind() == TypeKind.DECLARED
        && ((DeclaredType) type).getTypeArguments().isEmpty()
        && !((TypeElement) ((DeclaredType) type).asElement()).getTypeParameters().isEmpty();
  }

  private static boolean isSerializable(Language language, TypeElement type) {
    return language
        .find("java.io.Serializable")
        .filter(s -> language.types().isSubtype(type.asType(), s.asType()))
        .isPresent();
  }
}
