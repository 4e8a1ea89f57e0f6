package dev.bitfold.processor.generator;

import com.palantir.javapoet.AnnotationSpec;
import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.model.Subject;
import javax.lang.model.element.Modifier;

/** What every generated class has in common: modifiers, {@code @Generated}, suppressions. */
final class GeneratedType {
  private static final ClassName GENERATED =
      ClassName.get("javax.annotation.processing", "Generated");

  /** The processor's name in {@code @Generated}. */
  static final String GENERATOR = "dev.bitfold.processor.BitfoldProcessor";

  private GeneratedType() {}

  /** A final class for a user's class, as visible as that is. */
  static TypeSpec.Builder builder(Subject subject) {
    TypeSpec.Builder type = TypeSpec.classBuilder(subject.generated());
    if (subject.isPublic()) {
      type.addModifiers(Modifier.PUBLIC);
    }
    type.addModifiers(Modifier.FINAL);
    type.alwaysQualify(subject.shadowedNames().toArray(new String[0]));
    if (subject.hasGenerated()) {
      type.addAnnotation(
          AnnotationSpec.builder(GENERATED).addMember("value", "$S", GENERATOR).build());
    }
    if (!subject.suppressions().isEmpty()) {
      AnnotationSpec.Builder suppress = AnnotationSpec.builder(SuppressWarnings.class);
      subject.suppressions().forEach(name -> suppress.addMember("value", "$S", name));
      type.addAnnotation(suppress.build());
    }
    return type;
  }

  /** The file of a class. */
  static JavaFile file(Subject subject, TypeSpec type) {
    return JavaFile.builder(subject.generated().packageName(), type)
        .skipJavaLangImports(true)
        .indent("  ")
        .build();
  }
}
