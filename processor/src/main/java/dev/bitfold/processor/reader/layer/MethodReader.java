package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeVariableName;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.MethodModel;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.ExecutableType;

/** Reads signatures. */
final class MethodReader {
  private MethodReader() {}

  /** Returns a method's signature as seen from a class that may inherit it. */
  static MethodModel read(Language language, TypeElement from, ExecutableElement method) {
    ExecutableType seen = (ExecutableType) language.memberType(from, method);
    List<MethodModel.ParameterModel> parameters = new ArrayList<>();
    for (int i = 0; i < method.getParameters().size(); i++) {
      parameters.add(
          new MethodModel.ParameterModel(
              language.name(method.getParameters().get(i)),
              TypeName.get(seen.getParameterTypes().get(i))));
    }
    return new MethodModel(
        method.getSimpleName().toString(),
        method.getModifiers().stream()
            .filter(m -> m == Modifier.PUBLIC || m == Modifier.PROTECTED)
            .toList(),
        seen.getTypeVariables().stream().map(TypeVariableName::get).toList(),
        TypeName.get(seen.getReturnType()),
        parameters,
        method.isVarArgs(),
        seen.getThrownTypes().stream().map(TypeName::get).toList());
  }
}
