package dev.bitfold.processor.generator;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterSpec;
import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.model.ArgumentModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.source.Literals;

/** Writes the signatures and statements that wrappers of every shape have in common. */
final class Calls {
  private Calls() {}

  /** Returns the arguments that rebuild a layer, with the tensors from the hooks. */
  static CodeBlock constructorArguments(LayerModel layer) {
    return layer.arguments().stream()
        .map(argument -> constructorArgument(layer, argument))
        .collect(CodeBlock.joining(", "));
  }

  private static CodeBlock constructorArgument(LayerModel layer, ArgumentModel argument) {
    CodeBlock own = CodeBlock.of("layer.$L", argument.accessor().code());
    if (argument.tensor()) {
      return CodeBlock.of(
          "hooks.$L($L, $L)",
          argument.several() ? "tensors" : "tensor",
          Literals.of(argument.name()),
          own);
    }
    return argument
        .scaleOf()
        .flatMap(layer::argument)
        .map(of -> scale("hooks", of.name(), CodeBlock.of("layer.$L", of.accessor().code()), own))
        .orElse(own);
  }

  /** Returns the scale of a tensor's codes. */
  static CodeBlock scale(String hooks, String name, CodeBlock tensor, CodeBlock own) {
    return CodeBlock.of("$L.scale($L, $L, $L)", hooks, Literals.of(name), tensor, own);
  }

  /** Returns the statements by which the hooks check the tensors of a rebuilt layer. */
  static CodeBlock checks(LayerModel layer, String rebuilt) {
    CodeBlock.Builder code = CodeBlock.builder();
    layer.arguments().stream()
        .filter(ArgumentModel::tensor)
        .forEach(
            argument ->
                code.addStatement(
                    "hooks.check($L, $L.$L$L)",
                    Literals.of(argument.name()),
                    rebuilt,
                    argument.accessor().code(),
                    argument.several() ? ", layer." + argument.accessor().code() : ""));
    return code.build();
  }

  /** Begins a method with another name and the same signature. */
  static MethodSpec.Builder sameSignature(String name, MethodModel method) {
    MethodSpec.Builder spec =
        MethodSpec.methodBuilder(name)
            .addTypeVariables(method.typeVariables())
            .returns(method.returns())
            .varargs(method.varargs())
            .addExceptions(method.exceptions());
    method
        .parameters()
        .forEach(p -> spec.addParameter(ParameterSpec.builder(p.type(), p.name()).build()));
    return spec;
  }

  /** Begins a method that overrides another. */
  static MethodSpec.Builder override(MethodModel method) {
    return sameSignature(method.name(), method)
        .addAnnotation(Override.class)
        .addModifiers(method.access());
  }

  /** Returns a method that calls the same method of the original. */
  static MethodSpec delegated(MethodModel method) {
    CodeBlock call =
        CodeBlock.of("$L.$L($L)", field(method, "layer"), method.name(), arguments(method));
    return override(method).addStatement(returning(method, call)).build();
  }

  /** Returns a method's parameters as arguments of a call. */
  static CodeBlock arguments(MethodModel method) {
    return method.parameters().stream()
        .map(p -> CodeBlock.of("$N", p.name()))
        .collect(CodeBlock.joining(", "));
  }

  /** Returns the hooks' replacement for an input. */
  static CodeBlock hookedInput(String hooks, String input, String parameter) {
    return CodeBlock.of("$L.input($L, $N)", hooks, Literals.of(input), parameter);
  }

  static CodeBlock returning(MethodModel method, CodeBlock call) {
    return method.returns().equals(TypeName.VOID) ? call : CodeBlock.of("return $L", call);
  }

  /**
   * Returns the expression for a field of the wrapper, which a parameter of the user's method may
   * hide.
   */
  static String field(MethodModel method, String name) {
    return method.parameters().stream().anyMatch(p -> p.name().equals(name))
        ? "this." + name
        : name;
  }

  static String capitalized(String name) {
    int first = name.codePointAt(0);
    return Character.toString(Character.toUpperCase(first))
        + name.substring(Character.charCount(first));
  }

  /**
   * Returns a statement that returns a new object and wraps checked exceptions in unchecked ones.
   */
  static CodeBlock uncheckedReturn(CodeBlock construct, String name) {
    return CodeBlock.builder()
        .beginControlFlow("try")
        .add(construct)
        .nextControlFlow("catch ($T | $T e)", RuntimeException.class, Error.class)
        .addStatement("throw e")
        .nextControlFlow("catch ($T e)", Throwable.class)
        .addStatement(
            "throw new $T($L, e)",
            IllegalStateException.class,
            Literals.of("cannot rebuild " + name))
        .endControlFlow()
        .build();
  }

  /** Returns the type of a layer's hooks. */
  static ClassName hooksType(LayerModel layer) {
    return layer.variables() ? BitfoldNames.GRAPH_HOOKS : BitfoldNames.ARRAY_HOOKS;
  }

  static ParameterSpec hooksParameter(LayerModel layer) {
    return ParameterSpec.builder(hooksType(layer), "hooks").build();
  }

  static ParameterSpec layerParameter(LayerModel layer) {
    return ParameterSpec.builder(layer.subject().self(), "layer").build();
  }
}
