package dev.bitfold.processor.reader;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.TypeElement;

/**
 * Describes a recipe as its annotation type declares it.
 *
 * @param type the annotation type
 * @param quantizers the {@code @Quantize}s on it
 * @param ownSmoothQuant the {@code @SmoothQuant} on it
 * @param carried the recipes on it
 * @param base the first of these recipes; empty if there is none, or if it leads back to this
 *     recipe
 * @param cycle the names on the way back to a recipe that was already visited; empty if there is no
 *     such way
 */
public record DeclaredRecipe(
    TypeElement type,
    List<QuantizerUse> quantizers,
    Optional<AnnotationUse> ownSmoothQuant,
    List<AnnotationUse> carried,
    Optional<DeclaredRecipe> base,
    List<String> cycle) {
  /** Returns {@code @Name}. */
  public String label() {
    return "@" + type.getSimpleName();
  }

  /**
   * Returns one quantizer for each role. The recipe's own quantizers take precedence over those
   * that it carries.
   */
  public Map<Role, QuantizerUse> byRole() {
    Map<Role, QuantizerUse> byRole = new EnumMap<>(Role.class);
    quantizers.forEach(quantizer -> byRole.putIfAbsent(quantizer.role(), quantizer));
    base.ifPresent(recipe -> recipe.byRole().forEach(byRole::putIfAbsent));
    return byRole;
  }

  /**
   * Returns the {@code @SmoothQuant}. The recipe's own takes precedence over one that it carries.
   */
  public Optional<AnnotationUse> smoothQuant() {
    return ownSmoothQuant.or(() -> base.flatMap(DeclaredRecipe::smoothQuant));
  }
}
