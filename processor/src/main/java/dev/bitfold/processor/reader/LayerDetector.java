package dev.bitfold.processor.reader;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;

/** Distinguishes layers, models and recipes from all other types, by their annotations alone. */
public final class LayerDetector {
  private static final List<ClassName> ON_MEMBERS =
      List.of(BitfoldNames.QUANTIZE, BitfoldNames.WEIGHT, BitfoldNames.BIAS, BitfoldNames.INPUT);

  private final Recipes recipes;
  private final MixIns mixIns;

  /** Makes a detector with the recipes that can replace {@code @Quantize}. */
  public LayerDetector(Recipes recipes) {
    this(recipes, MixIns.NONE);
  }

  /** Makes a detector that takes the annotations of some classes from their mix-ins. */
  public LayerDetector(Recipes recipes, MixIns mixIns) {
    this.recipes = recipes;
    this.mixIns = mixIns;
  }

  /** Returns whether a type is a mix-in. */
  public static boolean isMixIn(TypeElement type) {
    return AnnotationUse.find(type, BitfoldNames.QUANTIZE_FOR).isPresent();
  }

  /** Returns whether a type stands for an ONNX file. */
  public static boolean isOnnx(TypeElement type) {
    return AnnotationUse.find(type, BitfoldNames.QUANTIZE_ONNX).isPresent();
  }

  /** Returns whether a type is marked as a model. */
  public boolean isModel(TypeElement type) {
    return AnnotationUse.find(mixIns.annotated(type), BitfoldNames.QUANTIZE_MODEL).isPresent();
  }

  /** Returns whether a type is a recipe. */
  public boolean isRecipe(TypeElement type) {
    return recipes.isRecipe(type);
  }

  /** Returns the recipes on an element. */
  public List<AnnotationUse> recipesOn(Element element) {
    return recipes.on(element);
  }

  /**
   * Returns whether a class that can be instantiated is marked as a layer, on itself or on a
   * member.
   */
  public boolean isLayer(TypeElement type) {
    return (type.getKind() == ElementKind.CLASS || type.getKind() == ElementKind.RECORD)
        && !type.getModifiers().contains(Modifier.ABSTRACT)
        && !isModel(type)
        && isMarked(type);
  }

  /** Returns whether any annotation of layers occurs in a type. */
  public boolean isMarked(TypeElement type) {
    TypeElement annotated = mixIns.annotated(type);
    return mixIns.find(type).isPresent()
        || classQuantizer(annotated).isPresent()
        || markedMember(annotated).isPresent();
  }

  /** Returns the annotation that quantizes a class as a whole. */
  public Optional<AnnotationUse> classQuantizer(TypeElement type) {
    if (type.getKind() == ElementKind.ANNOTATION_TYPE) {
      return Optional.empty();
    }
    return AnnotationUse.on(type).stream()
        .filter(use -> use.is(BitfoldNames.QUANTIZE) || use.is(BitfoldNames.SMOOTH_QUANT))
        .findFirst()
        .or(() -> recipes.on(type).stream().findFirst());
  }

  /** Returns the first member with an annotation of layers. */
  public Optional<AnnotationUse> markedMember(TypeElement type) {
    for (Element member : type.getEnclosedElements()) {
      Optional<AnnotationUse> use = mark(member);
      if (use.isEmpty() && member instanceof ExecutableElement method) {
        use = method.getParameters().stream().flatMap(p -> mark(p).stream()).findFirst();
      }
      if (use.isPresent()) {
        return use;
      }
    }
    return Optional.empty();
  }

  private Optional<AnnotationUse> mark(Element member) {
    if (member.getKind().isClass() || member.getKind().isInterface()) {
      return Optional.empty();
    }
    return AnnotationUse.on(member).stream()
        .filter(use -> ON_MEMBERS.stream().anyMatch(use::is))
        .findFirst()
        .or(() -> recipes.on(member).stream().findFirst());
  }
}
