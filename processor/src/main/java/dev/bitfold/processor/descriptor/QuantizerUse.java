package dev.bitfold.processor.descriptor;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import java.util.Optional;

/**
 * A quantizer that an annotation declares.
 *
 * @param role which tensors it is for
 * @param roleWritten whether the annotation says so, or the default does
 * @param descriptor how they are quantized; empty if that makes no sense, which is then reported
 * @param written the annotation that the user wrote: {@code @Quantize}, or the recipe
 * @param recipe whether that is a recipe
 */
public record QuantizerUse(
    Role role,
    boolean roleWritten,
    Optional<QuantDescriptor> descriptor,
    AnnotationUse written,
    boolean recipe) {
  /** The same quantizer as a recipe's use declares it. */
  public QuantizerUse through(AnnotationUse recipeUse) {
    return new QuantizerUse(role, roleWritten, descriptor, recipeUse, true);
  }

  /** {@code @Quantize} or {@code recipe @W4A8}. */
  public String label() {
    return recipe ? "recipe " + written.label() : written.label() + "(role = " + role + ")";
  }

  /** The value of an element; of a recipe its use. */
  public Place place(String element) {
    return recipe ? written.place() : written.place(element);
  }

  /** Reports what the tensor's role and layout forbid. */
  public void check(Role tensorRole, Layout layout, String tensor, Problems problems) {
    descriptor.ifPresent(
        d -> d.problems(tensorRole, layout).forEach(p -> report(p, tensor, problems)));
    WrittenRules.checkRole(this, tensorRole, tensor, problems);
  }

  void report(DescriptorProblem problem, String subject, Problems problems) {
    String prefix = recipe ? label() + " on " + subject : subject;
    problems.add(
        ProblemId.of(problem.rule()),
        place(problem.rule().element()),
        prefix,
        problem.message(),
        problem.remedy());
  }
}
