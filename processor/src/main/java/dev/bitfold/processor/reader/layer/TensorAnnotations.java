package dev.bitfold.processor.reader.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Recipes;
import java.util.Locale;
import java.util.Optional;
import javax.lang.model.element.Element;

/** Reads the annotations on one tensor: its layout, and its own quantizers. */
final class TensorAnnotations {
  private final Recipes recipes;
  private final Problems problems;

  TensorAnnotations(Recipes recipes, Problems problems) {
    this.recipes = recipes;
    this.problems = problems;
  }

  /** Returns the quantizers on an element, including recipes. */
  MemberQuantizers quantizers(Element element, String tensor) {
    return new MemberQuantizers(
        element,
        tensor,
        AnnotationUse.all(element, BitfoldNames.QUANTIZE).stream()
            .map(DescriptorReader::read)
            .toList(),
        recipes.read(element));
  }

  /** Returns the layout of an annotation; empty if it is invalid, which is reported. */
  Optional<Layout> layout(AnnotationUse use) {
    try {
      return Optional.of(new Layout(use.text("layout")));
    } catch (IllegalArgumentException e) {
      problems.add(
          ProblemId.LAYOUT,
          use.place("layout"),
          String.valueOf(e.getMessage()),
          instead(use.text("layout")));
      return Optional.empty();
    }
  }

  private static String instead(String layout) {
    try {
      return "write \"" + new Layout(layout.toUpperCase(Locale.ROOT)).letters() + "\"";
    } catch (IllegalArgumentException e) {
      return "write one letter per axis, such as \"OI\", \"NTC\" or \"…C\"";
    }
  }
}
