package dev.bitfold.processor.descriptor;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.List;
import java.util.Optional;

/**
 * A quantizer that an annotation declares.
 *
 * @param role which tensors it is for
 * @param roleWritten whether the annotation says so, or the default does
 * @param descriptor how they are quantized; empty if the annotation makes no valid descriptor
 * @param broken the rules that the descriptor breaks, whatever the tensor
 * @param written the annotation that the user wrote: {@code @Quantize}, or the recipe
 * @param recipe whether that is a recipe
 */
public record QuantizerUse(
    Role role,
    boolean roleWritten,
    Optional<QuantDescriptor> descriptor,
    List<DescriptorProblem> broken,
    AnnotationUse written,
    boolean recipe) {
  /** Returns the same quantizer as declared where a recipe is used. */
  public QuantizerUse through(AnnotationUse recipeUse) {
    return new QuantizerUse(role, roleWritten, descriptor, broken, recipeUse, true);
  }

  /** Returns {@code @Quantize(role = INPUT)} or {@code recipe @W4A8}. */
  public String label() {
    return recipe ? "recipe " + written.label() : written.label() + "(role = " + role + ")";
  }

  /** Returns the place of an element's value; for a recipe, the place where it is used. */
  public Place place(String element) {
    return recipe ? written.place() : written.place(element);
  }

  /** Returns the descriptor in words. */
  public String words() {
    return descriptor.map(QuantDescriptor::toString).orElse("an invalid one");
  }
}
