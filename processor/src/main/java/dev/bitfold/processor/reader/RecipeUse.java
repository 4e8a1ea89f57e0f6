package dev.bitfold.processor.reader;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.EnumMap;
import java.util.Map;

/**
 * A recipe where it is used.
 *
 * @param use the annotation
 * @param recipe what it stands for
 */
public record RecipeUse(AnnotationUse use, DeclaredRecipe recipe) {
  /** Returns one quantizer for each role; each points at the use of the recipe. */
  public Map<Role, QuantizerUse> byRole() {
    Map<Role, QuantizerUse> byRole = new EnumMap<>(Role.class);
    recipe.byRole().forEach((role, quantizer) -> byRole.put(role, quantizer.through(use)));
    return byRole;
  }
}
