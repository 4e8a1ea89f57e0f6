package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.function.Function;
import javax.lang.model.element.Modifier;

/**
 * Writes the {@code forward} of a wrapper, which calls the user's own {@code forward} between the
 * hooks of its tensors.
 */
final class ForwardCode {
  private final LayerModel layer;
  private final ForwardModel forward;
  private final MethodModel method;
  private final TypeName wrapper;
  private final Function<String, CodeBlock> rebuilding;
  private final String unpacked;

  /**
   * Makes the code for a layer.
   *
   * @param forward its hooked method
   * @param wrapper the type of its wrapper
   * @param rebuilding code that rebuilds the wrapper of a layer with the hooks {@code unpacked}
   */
  ForwardCode(
      LayerModel layer,
      ForwardModel forward,
      TypeName wrapper,
      Function<String, CodeBlock> rebuilding) {
    this.layer = layer;
    this.forward = forward;
    this.method = forward.method();
    this.wrapper = wrapper;
    this.rebuilding = rebuilding;
    this.unpacked = layer.subject().unusedMethodName("unpacked");
  }

  /** Adds the methods of a subclass. An unpacked copy must call its own {@code super.forward}. */
  void addToSubclass(TypeSpec.Builder type) {
    if (!layer.unpacksWeights()) {
      type.addMethod(Calls.override(method).addStatement(hooked("super")).build());
      return;
    }
    String name = method.name();
    String hooked = layer.subject().unusedMethodName("hooked" + Calls.capitalized(name));
    CodeBlock call = CodeBlock.of("$L().$L($L)", unpacked, hooked, Calls.arguments(method));
    type.addMethod(Calls.override(method).addStatement(Calls.returning(method, call)).build());
    type.addMethod(
        Calls.sameSignature(hooked, method)
            .addJavadoc("Runs the layer's own {@code $L} between the hooks of its tensors.\n", name)
            .addModifiers(Modifier.PRIVATE)
            .addStatement(hooked("super"))
            .build());
    type.addMethod(
        unpackedMethod(
            "Returns this layer, or a copy of it for one call whose weights are unpacked.\n",
            wrapper,
            CodeBlock.of("this"),
            rebuilding.apply("this")));
  }

  /** Adds the methods of a wrapper around a layer. */
  void addToWrapper(TypeSpec.Builder type) {
    if (!layer.unpacksWeights()) {
      type.addMethod(
          Calls.override(method).addStatement(hooked(Calls.field(method, "layer"))).build());
      return;
    }
    type.addMethod(Calls.override(method).addStatement(hooked(unpacked + "()")).build());
    type.addMethod(
        unpackedMethod(
            "Returns the layer, or a copy of it for one call whose weights are unpacked.\n",
            layer.subject().self(),
            CodeBlock.of("layer"),
            CodeBlock.of("$L.layer", rebuilding.apply("layer"))));
  }

  private MethodSpec unpackedMethod(
      String javadoc, TypeName returns, CodeBlock itself, CodeBlock copy) {
    return MethodSpec.methodBuilder(unpacked)
        .addJavadoc(javadoc)
        .addModifiers(Modifier.PRIVATE)
        .returns(returns)
        .addStatement("$T unpacked = hooks.unpacked()", BitfoldNames.ARRAY_HOOKS)
        .addStatement("return unpacked == null ? $L : $L", itself, copy)
        .build();
  }

  /** Returns a parameter that is not an input, or the scale that stands in for it. */
  private CodeBlock passed(String hooks, String parameter) {
    CodeBlock own = CodeBlock.of("$N", parameter);
    String input = forward.scales().get(parameter);
    return input == null ? own : Calls.scale(hooks, input, CodeBlock.of("$N", input), own);
  }

  /** Returns code that calls the user's method with hooked inputs, and hooks the result. */
  private CodeBlock hooked(String original) {
    String hooks = Calls.field(method, "hooks");
    CodeBlock arguments =
        method.parameters().stream()
            .map(
                p ->
                    forward.isInput(p.name())
                        ? Calls.hookedInput(hooks, p.name(), p.name())
                        : passed(hooks, p.name()))
            .collect(CodeBlock.joining(", "));
    CodeBlock call = CodeBlock.of("$L.$L($L)", original, method.name(), arguments);
    if (forward.hooksOutput()) {
      call = CodeBlock.of("$L.output($L)", hooks, call);
    }
    return Calls.returning(method, call);
  }
}
