package dev.bitfold.processor.reader;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.EnumMap;
import java.util.Map;

/**
 * Describes a use of a recipe.
 *
 * @param use the annotation
 * @param recipe the recipe
 */
public record RecipeUse(AnnotationUse use, DeclaredRecipe recipe) {
  /** Returns one quantizer for each role. Each has the place where the recipe is used. */
  public Map<Role, QuantizerUse> byRole() {
    Map<Role, QuantizerUse> byRole = new EnumMap<>(Role.class);
    recipe.byRole().forEach((role, quantizer) -> byRole.put(role, quantizer.through(use)));
    return byRole;
  }
}
