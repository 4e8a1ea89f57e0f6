package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;

/** Writes components as Java code. */
final class ComponentCode {
  private ComponentCode() {}

  /** Returns the {@code Component} that rebuilds a component. */
  static CodeBlock of(ComponentModel component) {
    return component instanceof ComponentModel.Model model
        ? CodeBlock.of("$T.component()", model.quantizer())
        : part(component);
  }

  /**
   * Returns the code of a component inside of another one. The quantizers of models are called only
   * during the walk.
   */
  private static CodeBlock part(ComponentModel component) {
    if (component instanceof ComponentModel.Layer layer) {
      return CodeBlock.of("$T.layer($T.type())", BitfoldNames.COMPONENT, layer.wrapper());
    } else if (component instanceof ComponentModel.Model model) {
      return CodeBlock.of("$T.model($T::component)", BitfoldNames.COMPONENT, model.quantizer());
    } else if (component instanceof ComponentModel.ListOf list) {
      return container("list", list.element());
    } else if (component instanceof ComponentModel.MapOf map) {
      return container("map", map.element());
    } else if (component instanceof ComponentModel.ArrayOf array) {
      return container("array", array.element());
    } else if (component instanceof ComponentModel.OptionalOf optional) {
      return container("optional", optional.element());
    } else if (component instanceof ComponentModel.Bounded bounded) {
      return CodeBlock.of(
          "$T.<$T, $T>bounded($L)",
          BitfoldNames.COMPONENT,
          bounded.bound(),
          bounded.variable(),
          part(bounded.content()));
    } else if (component instanceof ComponentModel.ByClass byClass) {
      return byClass(byClass);
    }
    throw new IllegalArgumentException("nothing rebuilds " + component);
  }

  private static CodeBlock container(String method, ComponentModel element) {
    return CodeBlock.of("$T.$L($L)", BitfoldNames.COMPONENT, method, part(element));
  }

  private static CodeBlock byClass(ComponentModel.ByClass byClass) {
    CodeBlock.Builder code =
        CodeBlock.builder().add("$T.<$T>byClass()", BitfoldNames.COMPONENT, byClass.declared());
    for (ComponentModel.ByClass.Choice choice : byClass.choices()) {
      if (choice.component() instanceof ComponentModel.Layer layer) {
        code.add(".layer($T.type())", layer.wrapper());
      } else if (choice.component() instanceof ComponentModel.Model model) {
        code.add(".model($T.class, $T::component)", choice.type(), model.quantizer());
      } else {
        code.add(".asIs($T.class)", choice.type());
      }
    }
    return code.build();
  }
}
