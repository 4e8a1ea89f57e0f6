package dev.bitfold.processor.diagnostics;

/** Holds the messages and remedies of problems with mix-ins. */
final class MixInTexts {
  static final ProblemText NOT_A_MIX_IN = new ProblemText("%1$s cannot be a mix-in: %2$s", "%3$s");

  static final ProblemText MIX_IN_TARGET =
      new ProblemText("there can be no mix-in of %1$s: %2$s", "%3$s");

  static final ProblemText MIX_IN_OF_ANNOTATED =
      new ProblemText(
          "%1$s has annotations of its own, such as %2$s, so its mix-in would contradict them",
          "remove the mix-in, or the annotations");

  static final ProblemText MIX_IN_MEMBER =
      new ProblemText("%2$s of mix-in %1$s stands for no member of %3$s", "%4$s");

  static final ProblemText TWO_MIX_INS =
      new ProblemText("%1$s lists two mix-ins of %4$s: %2$s and %3$s", "keep one of the two");

  static final ProblemText MIX_IN_LISTED = new ProblemText("%1$s lists %2$s, which %3$s", "%4$s");

  private MixInTexts() {}
}
