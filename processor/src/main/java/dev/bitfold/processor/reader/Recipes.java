package dev.bitfold.processor.reader;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;

/** Finds and reads recipes: annotation types that stand for the {@code @Quantize}s on them. */
public final class Recipes {
  private final Language language;

  /** Makes a reader for the language that the annotation types are declared in. */
  public Recipes(Language language) {
    this.language = language;
  }

  /** Returns the uses of recipes on an element. */
  public List<AnnotationUse> on(Element element) {
    return AnnotationUse.on(element).stream()
        .filter(use -> !use.isUnresolved() && isRecipe(use.type()))
        .toList();
  }

  /** Returns the uses of recipes on an element, each with its recipe. */
  public List<RecipeUse> read(Element element) {
    return on(element).stream().map(use -> new RecipeUse(use, declared(use.type()))).toList();
  }

  /** Returns whether an annotation type is a recipe. */
  public boolean isRecipe(TypeElement annotation) {
    return isRecipe(annotation, new HashSet<>());
  }

  private boolean isRecipe(TypeElement annotation, Set<String> seen) {
    if (annotation.getKind() != ElementKind.ANNOTATION_TYPE
        || language.isPlatform(annotation)
        || !seen.add(annotation.getQualifiedName().toString())) {
      return false;
    }
    return AnnotationUse.on(annotation).stream()
        .filter(use -> !use.isUnresolved())
        .anyMatch(
            use ->
                use.is(BitfoldNames.QUANTIZE)
                    || use.is(BitfoldNames.SMOOTH_QUANT)
                    || isRecipe(use.type(), seen));
  }

  /** Reads a recipe from its declaration. */
  public DeclaredRecipe declared(TypeElement recipe) {
    return declared(recipe, List.of());
  }

  private DeclaredRecipe declared(TypeElement recipe, List<String> before) {
    List<String> path = new ArrayList<>(before);
    path.add("@" + recipe.getSimpleName());
    List<AnnotationUse> carried = on(recipe);
    Optional<DeclaredRecipe> base = Optional.empty();
    List<String> cycle = List.of();
    if (!carried.isEmpty() && path.contains(carried.get(0).label())) {
      cycle = new ArrayList<>(path);
      cycle.add(carried.get(0).label());
    } else if (!carried.isEmpty()) {
      base = Optional.of(declared(carried.get(0).type(), path));
    }
    return new DeclaredRecipe(
        recipe,
        AnnotationUse.all(recipe, BitfoldNames.QUANTIZE).stream()
            .map(DescriptorReader::read)
            .toList(),
        AnnotationUse.find(recipe, BitfoldNames.SMOOTH_QUANT),
        carried,
        base,
        List.copyOf(cycle));
  }

  /**
   * Returns the alpha of a {@code @SmoothQuant}: off if there is no annotation, searched if it has
   * no alpha or an invalid one, which is reported elsewhere.
   */
  public static Alpha alpha(Optional<AnnotationUse> smoothQuant) {
    return smoothQuant
        .map(
            use ->
                use.value("alpha")
                    .map(AnnotationValues::number)
                    .filter(alpha -> alpha >= 0 && alpha <= 1)
                    .map(Alpha::of)
                    .orElse(Alpha.searched()))
        .orElse(Alpha.off());
  }
}
