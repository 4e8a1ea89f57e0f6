package dev.bitfold.processor.generator;

import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.MethodSpec;
import dev.bitfold.processor.model.BackwardModel;
import dev.bitfold.processor.model.ForwardModel;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.model.MethodModel.ParameterModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The hooked {@code backward} around the user's own. */
final class BackwardCode {
  /** The most entries that {@code Map.of} takes. */
  private static final int MAP_OF = 10;

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
    boolean few = inputs.size() <= MAP_OF;
    CodeBlock entries =
        inputs.entrySet().stream()
            .map(
                e ->
                    few
                        ? CodeBlock.of("$S, $N", e.getValue(), e.getKey())
                        : CodeBlock.of("$T.entry($S, $N)", Map.class, e.getValue(), e.getKey()))
            .collect(CodeBlock.joining(", "));
    return CodeBlock.of(few ? "$T.of($L)" : "$T.ofEntries($L)", Map.class, entries);
  }
}
