package dev.bitfold.processor.generator;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.ParameterSpec;
import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.Optional;
import java.util.function.Function;

/** The statements that wrappers of every shape have in common. */
final class Calls {
  private Calls() {}

  /** The arguments that build a layer again; its tensors come from the hooks. */
  static CodeBlock constructorArguments(LayerModel layer) {
    boolean many = layer.arguments().size() > 2;
    CodeBlock arguments =
        layer.arguments().stream()
            .map(
                argument ->
                    argument.tensor()
                        ? CodeBlock.of(
                            "hooks.$L($S, layer.$L)",
                            argument.several() ? "tensors" : "tensor",
                            argument.name(),
                            argument.accessor().code())
                        : CodeBlock.of("layer.$L", argument.accessor().code()))
            .collect(CodeBlock.joining(many ? ",\n" : ", "));
    return many ? CodeBlock.of("\n$L", arguments) : arguments;
  }

  /** Lets the hooks check what a layer holds after it was built. */
  static CodeBlock checks(LayerModel layer, String rebuilt) {
    CodeBlock.Builder code = CodeBlock.builder();
    layer.arguments().stream()
        .filter(argument -> argument.tensor())
        .forEach(
            argument ->
                code.addStatement(
                    "hooks.check($S, $L.$L$L)",
                    argument.name(),
                    rebuilt,
                    argument.accessor().code(),
                    argument.several() ? ", layer." + argument.accessor().code() : ""));
    return code.build();
  }

  /** A public or protected method of the same signature. */
  static MethodSpec.Builder override(MethodModel method) {
    MethodSpec.Builder spec =
        MethodSpec.methodBuilder(method.name())
            .addAnnotation(Override.class)
            .addModifiers(method.access())
            .addTypeVariables(method.typeVariables())
            .returns(method.returns())
            .varargs(method.varargs())
            .addExceptions(method.exceptions());
    method
        .parameters()
        .forEach(p -> spec.addParameter(ParameterSpec.builder(p.type(), p.name()).build()));
    return spec;
  }

  /**
   * The hooked method around the original one.
   *
   * @param unpacking what is built of the hooks {@code $N} for a call with unpacked weights
   */
  static MethodSpec hooked(
      ForwardModel forward, String original, Optional<Function<String, CodeBlock>> unpacking) {
    MethodModel method = forward.method();
    String hooks = field(method, "hooks");
    CodeBlock arguments =
        method.parameters().stream()
            .map(
                p ->
                    forward.isInput(p.name())
                        ? CodeBlock.of("$L.input($S, $N)", hooks, p.name(), p.name())
                        : CodeBlock.of("$N", p.name()))
            .collect(CodeBlock.joining(", "));
    CodeBlock call = CodeBlock.of("$L.$L($L)", original, method.name(), arguments);
    if (forward.hooksOutput()) {
      call = CodeBlock.of("$L.output($L)", hooks, call);
    }
    MethodSpec.Builder spec = override(method);
    unpacking.ifPresent(build -> spec.addCode(unpackedCall(method, hooks, build)));
    return spec.addStatement(returning(method, call)).build();
  }

  private static CodeBlock unpackedCall(
      MethodModel method, String hooks, Function<String, CodeBlock> build) {
    String unpacked = "unpacked";
    while (isParameter(method, unpacked)) {
      unpacked += "Hooks";
    }
    CodeBlock arguments =
        method.parameters().stream()
            .map(p -> CodeBlock.of("$N", p.name()))
            .collect(CodeBlock.joining(", "));
    CodeBlock call = CodeBlock.of("$L.$L($L)", build.apply(unpacked), method.name(), arguments);
    CodeBlock.Builder code =
        CodeBlock.builder()
            .addStatement("$T $L = $L.unpacked()", BitfoldNames.ARRAY_HOOKS, unpacked, hooks)
            .beginControlFlow("if ($L != null)", unpacked)
            .addStatement(returning(method, call));
    if (method.returns().equals(TypeName.VOID)) {
      code.addStatement("return");
    }
    return code.endControlFlow().build();
  }

  /** A method that the original answers. */
  static MethodSpec delegated(MethodModel method) {
    CodeBlock arguments =
        method.parameters().stream()
            .map(p -> CodeBlock.of("$N", p.name()))
            .collect(CodeBlock.joining(", "));
    CodeBlock call = CodeBlock.of("$L.$L($L)", field(method, "layer"), method.name(), arguments);
    return override(method).addStatement(returning(method, call)).build();
  }

  private static CodeBlock returning(MethodModel method, CodeBlock call) {
    return method.returns().equals(TypeName.VOID) ? call : CodeBlock.of("return $L", call);
  }

  /** A field of the wrapper, which a parameter of the user's method may hide. */
  static String field(MethodModel method, String name) {
    return isParameter(method, name) ? "this." + name : name;
  }

  private static boolean isParameter(MethodModel method, String name) {
    return method.parameters().stream().anyMatch(p -> p.name().equals(name));
  }

  /** Returns what is built; its checked exceptions become unchecked ones. */
  static CodeBlock uncheckedReturn(CodeBlock construct, String name) {
    return CodeBlock.builder()
        .beginControlFlow("try")
        .add(construct)
        .nextControlFlow("catch (RuntimeException | Error e)")
        .addStatement("throw e")
        .nextControlFlow("catch (Throwable e)")
        .addStatement("throw new IllegalStateException($S, e)", "cannot rebuild " + name)
        .endControlFlow()
        .build();
  }

  /** The type of a layer's hooks. */
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
