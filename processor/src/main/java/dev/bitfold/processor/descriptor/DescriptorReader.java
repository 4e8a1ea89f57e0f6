package dev.bitfold.processor.descriptor;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.AnnotationValue;

/** Reads a {@code @Quantize}. */
public final class DescriptorReader {
  private static final String ROLE = "role";

  private DescriptorReader() {}

  /**
   * Reads it and reports what is wrong with it whatever the tensor.
   *
   * @param subject what it stands on, for messages
   */
  public static QuantizerUse read(AnnotationUse use, String subject, Problems problems) {
    Optional<AnnotationValue> role = use.value(ROLE);
    QuantDescriptor.Builder builder = QuantDescriptor.builder();
    boolean known = true;
    for (var entry : use.mirror().getElementValues().entrySet()) {
      String name = entry.getKey().getSimpleName().toString();
      Optional<DescriptorElement<?>> element = DescriptorElement.of(name);
      if (element.isPresent()) {
        element.get().read(builder, entry.getValue());
        if (name.endsWith("lockSizes") && BlockReader.namesAxisTwice(entry.getValue())) {
          problems.add(ProblemId.BLOCK_AXIS_AND_LETTER, use.place(name), subject, name);
        }
      } else if (!name.equals(ROLE)) {
        known = false;
        problems.add(
            ProblemId.NOT_YET,
            use.place(name),
            "@Quantize(" + name + ")",
            "the annotations are newer than the processor");
      }
    }
    List<DescriptorProblem> broken = builder.problems();
    Optional<QuantDescriptor> descriptor =
        broken.isEmpty() && known ? Optional.of(builder.build()) : Optional.empty();
    QuantizerUse quantizer =
        new QuantizerUse(
            role.map(v -> AnnotationValues.constant(Role.class, v)).orElse(Role.WEIGHT),
            role.isPresent(),
            descriptor,
            use,
            false);
    broken.forEach(problem -> quantizer.report(problem, subject, problems));
    new WrittenRules(use, subject, problems).check(builder);
    descriptor.ifPresent(
        d ->
            NotYet.check(
                d,
                (element, until) ->
                    problems.add(
                        ProblemId.NOT_YET,
                        use.place(element),
                        "@Quantize(" + element + ") on " + subject,
                        until)));
    return quantizer;
  }
}
