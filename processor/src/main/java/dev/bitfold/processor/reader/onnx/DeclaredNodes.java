package dev.bitfold.processor.reader.onnx;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.PathPattern;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.reader.RecipeUse;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Describes a {@code @Nodes}.
 *
 * @param use the annotation
 * @param patterns its patterns
 * @param skip whether its layers stay float
 * @param recipe the recipe that it names
 * @param quantizers the {@code @Quantize}s in it
 * @param smoothQuants the {@code @SmoothQuant}s in it
 */
public record DeclaredNodes(
    AnnotationUse use,
    List<Pattern> patterns,
    boolean skip,
    Optional<RecipeUse> recipe,
    List<QuantizerUse> quantizers,
    List<AnnotationUse> smoothQuants) {
  /**
   * Describes a pattern.
   *
   * @param text the pattern
   * @param place where it is written
   */
  public record Pattern(PathPattern text, Place place) {}

  /** Returns whether it names a node. */
  public boolean names(String node) {
    return patterns.stream().anyMatch(pattern -> pattern.text().matches(node));
  }

  /** Returns the quantizers by role: its own, then those of its recipe or of all layers. */
  public Map<Role, QuantizerUse> byRole(Map<Role, QuantizerUse> all) {
    Map<Role, QuantizerUse> byRole = new EnumMap<>(Role.class);
    quantizers.forEach(quantizer -> byRole.putIfAbsent(quantizer.role(), quantizer));
    recipe.map(RecipeUse::byRole).orElse(all).forEach(byRole::putIfAbsent);
    return byRole;
  }

  /** Returns the {@code @SmoothQuant}: its own, or that of its recipe or of all layers. */
  public Optional<AnnotationUse> smoothQuant(Optional<AnnotationUse> all) {
    Optional<AnnotationUse> own = smoothQuants.stream().findFirst();
    return own.or(() -> recipe.isPresent() ? recipe.get().recipe().smoothQuant() : all);
  }
}
