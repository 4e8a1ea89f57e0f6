package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import dev.bitfold.descriptor.Alpha;

/** Writes that a layer or a recipe is smoothed. */
final class AlphaCode {
  private AlphaCode() {}

  /** Returns the call of a method on a line of its own; nothing if alpha is off. */
  static CodeBlock call(String method, Alpha alpha) {
    if (alpha.isOff()) {
      return CodeBlock.of("");
    }
    return alpha instanceof Alpha.Fixed fixed
        ? CodeBlock.of("\n.$L($L)", method, fixed.value())
        : CodeBlock.of("\n.$L()", method);
  }
}
