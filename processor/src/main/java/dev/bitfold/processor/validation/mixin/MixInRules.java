package dev.bitfold.processor.validation.mixin;

import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.TypeText;
import java.util.Locale;
import java.util.Optional;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;

/** Checks a mix-in against the class that it is of. */
public final class MixInRules {
  private final Language language;
  private final LayerDetector detector;

  /** Makes the rules, which need to know which classes are annotated themselves. */
  public MixInRules(Language language, LayerDetector detector) {
    this.language = language;
    this.detector = detector;
  }

  /** Returns the mix-in with its class; empty if there is a problem, which is reported. */
  public Optional<MixIn> check(TypeElement type, Problems all) {
    Problems problems = new Problems();
    Optional<MixIn> mixIn = read(type, problems);
    all.addAll(problems);
    return mixIn;
  }

  private Optional<MixIn> read(TypeElement type, Problems problems) {
    AnnotationUse use = AnnotationUse.find(type, BitfoldNames.QUANTIZE_FOR).orElseThrow();
    itself(type, use, problems);
    Optional<TypeElement> target =
        use.value("value").flatMap(value -> target(use, value, problems));
    if (target.isEmpty() || !problems.isEmpty()) {
      return Optional.empty();
    }
    MixIn mixIn = new MixIn(language, type, target.get());
    MismatchedMember mismatch = new MismatchedMember(language, mixIn);
    for (Element member : mixIn.members()) {
      if (mixIn.target(member).isEmpty()) {
        mismatch.report(member, problems);
      }
    }
    return problems.isEmpty() ? Optional.of(mixIn) : Optional.empty();
  }

  private void itself(TypeElement type, AnnotationUse use, Problems problems) {
    boolean isInterface = type.getKind() == ElementKind.INTERFACE;
    boolean isAbstract =
        type.getKind() == ElementKind.CLASS && type.getModifiers().contains(Modifier.ABSTRACT);
    if (!isInterface && !isAbstract) {
      noMixIn(
          type,
          use,
          "it is " + kind(type),
          "declare it as an interface or abstract class: no object of it is ever made",
          problems);
    } else if (!type.getTypeParameters().isEmpty()) {
      noMixIn(type, use, "it has type parameters", "remove them", problems);
    } else if (!type.getInterfaces().isEmpty() || extendsAnother(type)) {
      noMixIn(
          type,
          use,
          "members of its supertypes are not read",
          "remove extends and implements, and repeat the members that matter",
          problems);
    } else if (!detector.isModel(type) && !detector.isMarked(type)) {
      noMixIn(
          type,
          use,
          "it has no annotation of layers or models",
          "repeat the members that are tensors, with @Weight, @Bias or @Input; or add"
              + " @QuantizeModel",
          problems);
    }
  }

  private static boolean extendsAnother(TypeElement type) {
    return type.getSuperclass().getKind() == TypeKind.DECLARED
        && Language.declared(type.getSuperclass())
            .filter(parent -> !parent.getQualifiedName().contentEquals("java.lang.Object"))
            .isPresent();
  }

  private static String kind(TypeElement type) {
    return type.getKind() == ElementKind.CLASS
        ? "a class of which objects can be made"
        : TypeText.withArticle(type.getKind().name().toLowerCase(Locale.ROOT).replace('_', ' '));
  }

  private static void noMixIn(
      TypeElement type, AnnotationUse use, String why, String fix, Problems problems) {
    problems.add(ProblemId.NOT_A_MIX_IN, use.place(), type.getSimpleName(), why, fix);
  }

  private Optional<TypeElement> target(
      AnnotationUse use, AnnotationValue value, Problems problems) {
    TypeMirror type = AnnotationValues.type(value);
    Optional<TypeElement> target = Language.declared(type);
    Optional<String> refusal =
        target.isEmpty()
            ? Optional.of("it is not a class")
            : refusal(target.get(), (TypeElement) use.element());
    if (refusal.isPresent()) {
      problems.add(
          ProblemId.MIX_IN_TARGET,
          use.place("value"),
          TypeText.of(type),
          refusal.get(),
          "name a class or record without type parameters that this package can use");
      return Optional.empty();
    }
    return target.filter(of -> isUnmarked(of, use, problems));
  }

  private Optional<String> refusal(TypeElement target, TypeElement mixIn) {
    boolean isClass =
        target.getKind() == ElementKind.CLASS || target.getKind() == ElementKind.RECORD;
    if (!isClass) {
      return Optional.of("it is " + kind(target));
    }
    if (target.getModifiers().contains(Modifier.ABSTRACT)) {
      return Optional.of("it is abstract, so it has no objects of its own");
    }
    if (!target.getTypeParameters().isEmpty()) {
      return Optional.of("it has type parameters");
    }
    if (language.isPlatform(target)) {
      return Optional.of("it belongs to Java or ND4J");
    }
    return language
        .hidden((DeclaredType) target.asType(), mixIn)
        .map(hidden -> hidden.getSimpleName() + " is " + Language.visibility(hidden));
  }

  private boolean isUnmarked(TypeElement target, AnnotationUse use, Problems problems) {
    Optional<AnnotationUse> own =
        AnnotationUse.find(target, BitfoldNames.QUANTIZE_MODEL)
            .or(() -> detector.classQuantizer(target))
            .or(() -> detector.markedMember(target));
    own.ifPresent(
        mark ->
            problems.add(
                ProblemId.MIX_IN_OF_ANNOTATED,
                use.place("value"),
                target.getSimpleName(),
                mark.label()));
    return own.isEmpty();
  }
}
