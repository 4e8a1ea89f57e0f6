package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.NameAllocator;
import dev.bitfold.processor.model.BackwardModel;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.model.MethodModel.ParameterModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.source.Literals;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the {@code backward} of a wrapper, which calls the user's own {@code backward} with the
 * tensors that {@code forward} computed with.
 */
final class BackwardCode {
  private final ForwardModel forward;
  private final BackwardModel backward;
  private final MethodModel method;
  private final String original;
  private final String hooks;
  private final NameAllocator names = new NameAllocator();

  private BackwardCode(ForwardModel forward, BackwardModel backward, String original) {
    this.forward = forward;
    this.backward = backward;
    this.method = backward.method();
    this.original = original;
    this.hooks = Calls.field(method, "hooks");
    method.parameters().forEach(parameter -> names.newName(parameter.name()));
  }

  /**
   * Returns the method.
   *
   * @param original the expression that the user's methods are called on
   */
  static MethodSpec of(ForwardModel forward, BackwardModel backward, String original) {
    return new BackwardCode(forward, backward, original).method();
  }

  private MethodSpec method() {
    MethodSpec.Builder spec = Calls.override(method);
    List<CodeBlock> inputs = new ArrayList<>();
    int last = method.parameters().size() - 1;
    for (ParameterModel parameter : method.parameters().subList(0, last)) {
      String input = backward.inputs().get(parameter.name());
      if (input == null) {
        inputs.add(CodeBlock.of("$N", parameter.name()));
      } else {
        String hooked = names.newName("hooked" + Calls.capitalized(input));
        spec.addStatement(
            "$T $N = $L",
            BitfoldNames.TENSOR,
            hooked,
            Calls.hookedInput(hooks, input, parameter.name()));
        inputs.add(CodeBlock.of("$N", hooked));
      }
    }
    CodeBlock arguments = CodeBlock.join(inputs, ", ");
    String gradient = names.newName("hookedGradient");
    spec.addStatement(
        "$T $N = $L.gradOutput(() -> $L.$L($L), $N)",
        BitfoldNames.TENSOR,
        gradient,
        hooks,
        original,
        forward.method().name(),
        arguments,
        method.parameters().get(last).name());
    inputs.add(CodeBlock.of("$N", gradient));
    String computed = names.newName("computed");
    return spec.addStatement(
            "$T $N = $L.$L($L)",
            BitfoldNames.GRADIENTS,
            computed,
            original,
            method.name(),
            CodeBlock.join(inputs, ", "))
        .addStatement(
            "return $L.gradients($N, $L, $L)",
            hooks,
            computed,
            Literals.of(backward.first()),
            given(backward.inputs()))
        .build();
  }

  /** Returns the inputs as they were passed in, by the hooks' names. */
  private static CodeBlock given(Map<String, String> inputs) {
    if (inputs.isEmpty()) {
      return CodeBlock.of("$T.of()", Map.class);
    }
    return CodeBlock.of(
        "$T.inputs($T.of($L), $L)",
        BitfoldNames.ARRAY_HOOKS,
        List.class,
        inputs.values().stream().map(Literals::of).collect(CodeBlock.joining(", ")),
        inputs.keySet().stream().map(n -> CodeBlock.of("$N", n)).collect(CodeBlock.joining(", ")));
  }
}
