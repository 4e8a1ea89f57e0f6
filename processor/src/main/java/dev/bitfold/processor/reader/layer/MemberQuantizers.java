package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.reader.RecipeUse;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.Element;

/**
 * Lists the quantizers on one member or parameter.
 *
 * @param element the member or parameter
 * @param tensor the name of the tensor that the member holds
 * @param written the {@code @Quantize}s
 * @param recipes the recipes
 */
public record MemberQuantizers(
    Element element, String tensor, List<QuantizerUse> written, List<RecipeUse> recipes) {
  /** Returns whether there is none. */
  public boolean isEmpty() {
    return written.isEmpty() && recipes.isEmpty();
  }

  /**
   * Returns the quantizers for a tensor of a kind: those that are written, or otherwise those of
   * the first recipe.
   */
  public List<QuantizerUse> of(TensorKind kind) {
    return written.isEmpty()
        ? recipes.stream().flatMap(recipe -> of(recipe, kind).stream()).limit(1).toList()
        : written;
  }

  /** Returns the recipe that {@link #of} takes the quantizer from. */
  public Optional<RecipeUse> meantRecipe(TensorKind kind) {
    return written.isEmpty()
        ? recipes.stream().filter(recipe -> of(recipe, kind).isPresent()).findFirst()
        : Optional.empty();
  }

  private static Optional<QuantizerUse> of(RecipeUse recipe, TensorKind kind) {
    return kind.role().map(recipe.byRole()::get);
  }

  /** Returns the first annotation of a member that has one. */
  public AnnotationUse first() {
    return written.isEmpty() ? recipes.get(0).use() : written.get(0).written();
  }
}
