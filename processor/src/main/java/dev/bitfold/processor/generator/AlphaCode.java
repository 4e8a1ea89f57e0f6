package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import dev.bitfold.descriptor.Alpha;

/** Writes the call that marks a layer or recipe as smoothed. */
final class AlphaCode {
  private AlphaCode() {}

  /** Returns the call of a method; empty code if alpha is off. */
  static CodeBlock call(String method, Alpha alpha) {
    if (alpha.isOff()) {
      return CodeBlock.of("");
    }
    return alpha instanceof Alpha.Fixed fixed
        ? CodeBlock.of(".$L($L)", method, fixed.value())
        : CodeBlock.of(".$L()", method);
  }
}
