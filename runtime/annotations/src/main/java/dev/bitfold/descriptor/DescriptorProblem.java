package dev.bitfold.descriptor;

/**
 * Describes what is wrong with a descriptor. The compiler prints it at an annotation, and the
 * runtime throws it in an {@link InvalidDescriptorException}.
 *
 * @param rule the rule that is broken
 * @param message what is wrong, with the values
 * @param remedy what to do
 */
public record DescriptorProblem(DescriptorRule rule, String message, String remedy) {
  @Override
  public String toString() {
    return message + "; " + remedy;
  }
}
