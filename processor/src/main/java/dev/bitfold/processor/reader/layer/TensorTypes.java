package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.TypeVariable;
import javax.lang.model.type.WildcardType;

/** Distinguishes types that hold tensors from others. */
final class TensorTypes {
  private TensorTypes() {}

  /** Returns whether a type is a list or array of tensors. */
  static boolean isSeveral(TypeMirror type) {
    if (type.getKind() == TypeKind.ARRAY) {
      return Language.isTensor(((ArrayType) type).getComponentType());
    }
    return Language.is(type, ClassName.get(List.class))
        && ((DeclaredType) type).getTypeArguments().stream().anyMatch(Language::isTensor);
  }

  /**
   * Returns whether a type is ND4J's array or variable; otherwise reports that it cannot be read.
   */
  static boolean isReadable(String name, TypeMirror type, AnnotationUse use, Problems problems) {
    Unresolved.refuse(type);
    if (Language.isTensor(type) || Language.isVariable(type)) {
      return true;
    }
    if (holdsTensors(type)) {
      problems.add(
          ProblemId.NOT_YET,
          use.place(),
          use.label() + " on " + TypeText.withArticle(type) + " (" + name + ")",
          instead(type, use));
    } else {
      problems.add(
          ProblemId.TENSOR_TYPE,
          use.place(),
          name,
          use.label(),
          TypeText.of(type),
          BitfoldNames.TENSOR.canonicalName(),
          ofNumbers(name, type)
              .map(numbers -> "declare it as INDArray, and give it " + numbers)
              .orElse("declare it as INDArray, or remove " + use.label()));
    }
    return false;
  }

  /** Returns how ND4J makes a tensor from numbers, if a type holds numbers. */
  private static Optional<String> ofNumbers(String name, TypeMirror type) {
    int rank = 0;
    TypeMirror element = type;
    while (element instanceof ArrayType array) {
      element = array.getComponentType();
      rank++;
    }
    return switch (element.getKind()) {
      case FLOAT, DOUBLE ->
          Optional.of(
              rank == 0
                  ? "Nd4j.scalar((float) " + name + ")"
                  : rank <= 2
                      ? "Nd4j.create(" + name + ")"
                      : "Nd4j.createFromArray(" + name + ").castTo(DataType.FLOAT)");
      case INT, LONG, SHORT, BYTE ->
          Optional.of(
              rank == 0
                  ? "Nd4j.scalar((float) " + name + ")"
                  : "Nd4j.createFromArray(" + name + ").castTo(DataType.FLOAT)");
      default -> Optional.empty();
    };
  }

  /** Returns how to declare a member that holds tensors. */
  private static String instead(TypeMirror type, AnnotationUse use) {
    if (use.is(BitfoldNames.INPUT)) {
      return "give each tensor a parameter of its own, with its own @Input";
    }
    if (mentions(type, Language::isVariable)) {
      return "declare each SDVariable on its own";
    }
    if (Language.is(type, ClassName.get(Optional.class))) {
      return "declare it as INDArray, null where there is none";
    }
    return type.getKind() == TypeKind.TYPEVAR
        ? "declare it as INDArray"
        : "declare it as List<INDArray> or INDArray[]";
  }

  private static boolean holdsTensors(TypeMirror type) {
    return mentions(type, t -> Language.isTensor(t) || Language.isVariable(t) || isRawList(t));
  }

  /**
   * Returns whether a type is a raw list, which does not tell what it holds. If it is marked,
   * tensors are meant.
   */
  private static boolean isRawList(TypeMirror type) {
    return Language.is(type, ClassName.get(List.class))
        && ((DeclaredType) type).getTypeArguments().isEmpty();
  }

  private static boolean mentions(TypeMirror type, Predicate<TypeMirror> wanted) {
    if (wanted.test(type)) {
      return true;
    }
    return switch (type.getKind()) {
      case ARRAY -> mentions(((ArrayType) type).getComponentType(), wanted);
      case TYPEVAR -> wanted.test(((TypeVariable) type).getUpperBound());
      case WILDCARD -> {
        TypeMirror bound = ((WildcardType) type).getExtendsBound();
        yield bound != null && mentions(bound, wanted);
      }
      case DECLARED ->
          ((DeclaredType) type).getTypeArguments().stream().anyMatch(t -> mentions(t, wanted));
      default -> false;
    };
  }
}
