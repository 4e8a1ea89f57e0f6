package dev.bitfold.processor.descriptor;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.List;
import java.util.Optional;

/**
 * Describes a quantizer that an annotation declares.
 *
 * @param role the role of the tensors that it quantizes
 * @param roleWritten whether the annotation states the role; otherwise it is the default
 * @param descriptor how the tensors are quantized; empty if the annotation does not make a valid
 *     descriptor
 * @param broken the rules that the descriptor breaks for any tensor
 * @param written the annotation that the user wrote: {@code @Quantize}, or the recipe
 * @param recipe whether that annotation is a recipe
 */
public record QuantizerUse(
    Role role,
    boolean roleWritten,
    Optional<QuantDescriptor> descriptor,
    List<DescriptorProblem> broken,
    AnnotationUse written,
    boolean recipe) {
  /** Returns the same quantizer, as declared at a use of its recipe. */
  public QuantizerUse through(AnnotationUse recipeUse) {
    return new QuantizerUse(role, roleWritten, descriptor, broken, recipeUse, true);
  }

  /** Returns {@code @Quantize(role = INPUT)} or {@code recipe @W4A8}. */
  public String label() {
    return recipe ? "recipe " + written.label() : written.label() + "(role = " + role + ")";
  }

  /**
   * Returns the place of an element's value. For a recipe, this is the place where the recipe is
   * used.
   */
  public Place place(String element) {
    return recipe ? written.place() : written.place(element);
  }

  /** Returns the descriptor in words. */
  public String words() {
    return descriptor.map(QuantDescriptor::toString).orElse("an invalid one");
  }
}
