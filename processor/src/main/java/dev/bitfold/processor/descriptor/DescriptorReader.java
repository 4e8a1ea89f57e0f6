package dev.bitfold.processor.descriptor;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.AnnotationValue;

/** Reads a {@code @Quantize}. */
public final class DescriptorReader {
  private static final String ROLE = "role";

  private DescriptorReader() {}

  /** Reads an annotation. The result includes the rules that it breaks. */
  public static QuantizerUse read(AnnotationUse use) {
    QuantDescriptor.Builder builder = QuantDescriptor.builder();
    for (var entry : use.mirror().getElementValues().entrySet()) {
      DescriptorElement.of(entry.getKey().getSimpleName().toString())
          .ifPresent(element -> element.read(builder, entry.getValue()));
    }
    List<DescriptorProblem> broken = builder.problems();
    boolean valid = broken.isEmpty() && unknown(use).isEmpty();
    Optional<AnnotationValue> role = use.value(ROLE);
    return new QuantizerUse(
        role.map(v -> AnnotationValues.constant(Role.class, v)).orElse(Role.WEIGHT),
        role.isPresent(),
        valid ? Optional.of(builder.build()) : Optional.empty(),
        broken,
        use,
        false);
  }

  /** Returns the elements that this processor does not know, because the annotations are newer. */
  public static List<String> unknown(AnnotationUse use) {
    return use.mirror().getElementValues().keySet().stream()
        .map(element -> element.getSimpleName().toString())
        .filter(name -> !name.equals(ROLE) && DescriptorElement.of(name).isEmpty())
        .toList();
  }
}
