package dev.bitfold.descriptor;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/** Thrown if a descriptor breaks one or more rules; the message names each of them. */
public final class InvalidDescriptorException extends BitfoldException {
  @Serial private static final long serialVersionUID = 1L;

  private final transient List<DescriptorProblem> problems;

  /**
   * Makes an exception.
   *
   * @param subject what is described, for the message
   * @param problems at least one
   */
  public InvalidDescriptorException(String subject, List<DescriptorProblem> problems) {
    super(
        subject
            + ": "
            + problems.stream()
                .map(DescriptorProblem::toString)
                .collect(Collectors.joining(" | ")));
    this.problems = List.copyOf(problems);
  }

  /** Returns a problem for each rule that is broken. */
  public List<DescriptorProblem> problems() {
    return problems;
  }
}
