package dev.bitfold.processor.validation.quantizer;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.DescriptorProblem;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import java.util.List;
import javax.lang.model.element.AnnotationValue;

/** Checks one quantizer, wherever it is declared. */
public final class QuantizerRules {
  private static final List<String> WITH_BLOCKS = List.of("blockSizes", "scaleBlockSizes");

  private final QuantizerUse quantizer;
  private final Problems problems;

  private QuantizerRules(QuantizerUse quantizer, Problems problems) {
    this.quantizer = quantizer;
    this.problems = problems;
  }

  /**
   * Reports what is wrong with a {@code @Quantize} for any tensor.
   *
   * @param subject the annotated element, for messages
   */
  public static void check(QuantizerUse quantizer, String subject, Problems problems) {
    QuantizerRules rules = new QuantizerRules(quantizer, problems);
    rules.elements(subject);
    quantizer.broken().forEach(problem -> rules.report(problem, subject));
    new WrittenRules(quantizer, subject, problems).check();
  }

  /** Reports what the role and the layout of a tensor do not allow. */
  public static void checkTensor(
      QuantizerUse quantizer, Role role, Layout layout, String tensor, Problems problems) {
    QuantizerRules rules = new QuantizerRules(quantizer, problems);
    quantizer
        .descriptor()
        .ifPresent(d -> d.problems(role, layout).forEach(p -> rules.report(p, tensor)));
    WrittenRules.checkRole(quantizer, role, tensor, problems);
  }

  private void elements(String subject) {
    AnnotationUse use = quantizer.written();
    for (String name : WITH_BLOCKS) {
      use.value(name)
          .filter(QuantizerRules::namesAxisTwice)
          .ifPresent(
              value ->
                  problems.add(ProblemId.BLOCK_AXIS_AND_LETTER, use.place(name), subject, name));
    }
    for (String name : DescriptorReader.unknown(use)) {
      problems.add(
          ProblemId.NOT_YET,
          use.place(name),
          "@Quantize(" + name + ")",
          "the annotations are newer than the processor");
    }
  }

  /** Returns whether a block names its axis by number and by letter. */
  private static boolean namesAxisTwice(AnnotationValue blocks) {
    return AnnotationValues.list(blocks).stream()
        .map(AnnotationValues::annotation)
        .map(block -> block.getElementValues().keySet().toString())
        .anyMatch(written -> written.contains("axis()") && written.contains("along()"));
  }

  private void report(DescriptorProblem problem, String subject) {
    String prefix = quantizer.recipe() ? quantizer.label() + " on " + subject : subject;
    problems.add(
        ProblemId.of(problem.rule()),
        quantizer.place(problem.rule().element()),
        prefix,
        problem.message(),
        problem.remedy());
  }
}
