package dev.bitfold.descriptor;

/**
 * What is wrong with a descriptor, as a value: a compiler prints it at an annotation, the runtime
 * throws it.
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
