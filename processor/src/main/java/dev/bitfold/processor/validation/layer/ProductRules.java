package dev.bitfold.processor.validation.layer;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Product;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.DeclaredForward;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.DeclaredTensor;
import dev.bitfold.processor.reader.layer.TensorDeclaration;
import java.util.List;
import javax.lang.model.element.ExecutableElement;

/**
 * Compares the letters of weights with what {@code forward} multiplies them by. The channels of an
 * input are summed with the input channels of a weight, so a product tells which axis these are.
 */
final class ProductRules {
  private final Language language;
  private final DeclaredLayer layer;
  private final Problems problems;

  ProductRules(Language language, DeclaredLayer layer, Problems problems) {
    this.language = language;
    this.layer = layer;
    this.problems = problems;
  }

  /** Reports weights of [O, I] whose letters are swapped, according to the product. */
  void check() {
    layer.forward().map(DeclaredForward::method).ifPresent(this::method);
  }

  private void method(ExecutableElement method) {
    List<Product> products = language.bodies().products(method);
    for (DeclaredTensor weight : layer.tensors()) {
      boolean hidden =
          method.getParameters().stream()
              .anyMatch(parameter -> parameter.getSimpleName().contentEquals(weight.name()));
      if (!hidden && (weight.layout().letters().equals("OI") || isIo(weight))) {
        products.forEach(product -> product(method, product, weight));
      }
    }
  }

  private static boolean isIo(DeclaredTensor weight) {
    return weight.layout().letters().equals("IO");
  }

  private void product(ExecutableElement method, Product product, DeclaredTensor weight) {
    for (DeclaredTensor input : layer.inputs()) {
      if (product.right().is(weight.name()) && product.left().is(input.name())) {
        boolean ofFirst = product.left().transposed();
        compare(method, input, ofFirst, weight, product.right().transposed() ? 1 : 0);
      } else if (product.left().is(weight.name()) && product.right().is(input.name())) {
        boolean ofFirst = !product.right().transposed();
        compare(method, input, ofFirst, weight, product.left().transposed() ? 0 : 1);
      }
    }
  }

  /** Reports a weight whose summed axis is O, if the summed axis of the input is known to be C. */
  private void compare(
      ExecutableElement method,
      DeclaredTensor input,
      boolean ofFirst,
      DeclaredTensor weight,
      int axis) {
    if (!isChannel(input.layout(), ofFirst) || (axis == 0) == isIo(weight)) {
      return;
    }
    problems.add(
        ProblemId.LAYOUT_SWAPPED,
        weight.declarations().stream()
            .filter(TensorDeclaration::hasLayout)
            .findFirst()
            .orElse(weight.first())
            .use()
            .place("layout"),
        weight.layout(),
        weight.name(),
        TypeText.signature(method),
        input.name(),
        axis,
        isIo(weight) ? "OI" : "IO");
  }

  /** Returns whether the last axis, or the first of two, is known to be the channel axis. */
  private static boolean isChannel(Layout layout, boolean first) {
    String letters = layout.letters();
    return first ? letters.length() == 2 && letters.charAt(0) == 'C' : letters.endsWith("C");
  }
}
