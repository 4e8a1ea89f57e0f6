package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import dev.bitfold.processor.model.BackwardModel;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.model.MethodModel.ParameterModel;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The hooked {@code backward} around the user's own. */
final class BackwardCode {
  private BackwardCode() {}

  static MethodSpec of(LayerModel layer, BackwardModel backward, String original) {
    ForwardModel forward = layer.forward().orElseThrow();
    MethodModel method = backward.method();
    String hooks = Calls.field(method, "hooks");
    List<CodeBlock> inputs = new ArrayList<>();
    List<ParameterModel> parameters = method.parameters();
    for (ParameterModel parameter : parameters.subList(0, parameters.size() - 1)) {
      String name = backward.inputs().get(parameter.name());
      inputs.add(
          name == null
              ? CodeBlock.of("$N", parameter.name())
              : CodeBlock.of("$L.input($S, $N)", hooks, name, parameter.name()));
    }
    CodeBlock arguments = CodeBlock.join(inputs, ", ");
    CodeBlock gradient =
        CodeBlock.of(
            "$L.gradOutput(() -> $L.$L($L), $N)",
            hooks,
            original,
            forward.method().name(),
            arguments,
            parameters.get(parameters.size() - 1).name());
    inputs.add(gradient);
    CodeBlock computed =
        CodeBlock.of("$L.$L($L)", original, method.name(), CodeBlock.join(inputs, ", "));
    return Calls.override(method)
        .addStatement(
            "return $L.gradients(\n$L,\n$S,\n$L)",
            hooks,
            computed,
            backward.first(),
            given(backward.inputs()))
        .build();
  }

  /** The inputs by the hooks' names, as they were given. */
  private static CodeBlock given(Map<String, String> inputs) {
    if (inputs.isEmpty()) {
      return CodeBlock.of("$T.of()", Map.class);
    }
    return CodeBlock.of(
        "$T.inputs($T.of($L), $L)",
        BitfoldNames.ARRAY_HOOKS,
        List.class,
        inputs.values().stream().map(n -> CodeBlock.of("$S", n)).collect(CodeBlock.joining(", ")),
        inputs.keySet().stream().map(n -> CodeBlock.of("$N", n)).collect(CodeBlock.joining(", ")));
  }
}
