package dev.bitfold.processor.generator;

import com.palantir.javapoet.ArrayTypeName;
import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import com.palantir.javapoet.TypeVariableName;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.model.ModelModel.ComponentArgument;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import javax.lang.model.element.Modifier;

/**
 * Holds the components of a model's quantizer as constants, each of them once. A constant is named
 * after its type.
 */
final class ComponentConstants {
  private static final Pattern HUMP = Pattern.compile("(?<=[\\p{Ll}\\p{N}])(?=\\p{Lu})");

  /** Holds a constant's type and value. */
  private record Value(TypeName type, CodeBlock code) {}

  private final Map<Value, String> names = new LinkedHashMap<>();
  private final Set<String> taken = new HashSet<>();

  /**
   * Makes an empty set of constants.
   *
   * @param others the names of constants that the quantizer has anyway
   */
  ComponentConstants(String... others) {
    taken.addAll(List.of(others));
  }

  /** Returns an expression for a component: a constant if one can have its type. */
  CodeBlock reference(ComponentArgument argument) {
    CodeBlock code = ComponentCode.of(argument.component());
    if (argument.component() instanceof ComponentModel.Model) {
      return code;
    }
    return argument
        .type()
        .filter(type -> !isGeneric(type))
        .map(type -> CodeBlock.of("$L", constant(new Value(type, code))))
        .orElse(code);
  }

  private String constant(Value value) {
    return names.computeIfAbsent(value, v -> unused(name(v.type())));
  }

  /** Adds the constants that are used. */
  void addTo(TypeSpec.Builder type) {
    names.forEach(
        (value, name) ->
            type.addField(
                FieldSpec.builder(
                        ParameterizedTypeName.get(BitfoldNames.COMPONENT, value.type()),
                        name,
                        Modifier.PRIVATE,
                        Modifier.STATIC,
                        Modifier.FINAL)
                    .initializer(value.code())
                    .build()));
  }

  private String unused(String name) {
    String unused = name;
    for (int i = 2; !taken.add(unused); i++) {
      unused = name + "_" + i;
    }
    return unused;
  }

  private static String name(TypeName type) {
    if (type instanceof ArrayTypeName array) {
      return name(array.componentType()) + "_ARRAY";
    } else if (type instanceof ParameterizedTypeName parameterized) {
      List<TypeName> arguments = parameterized.typeArguments();
      String container = name(parameterized.rawType());
      return switch (container) {
        case "LIST", "MAP", "OPTIONAL" ->
            name(arguments.get(arguments.size() - 1)) + "_" + container;
        default -> container;
      };
    }
    return type instanceof ClassName name
        ? HUMP.matcher(String.join("_", name.simpleNames()))
            .replaceAll("_")
            .toUpperCase(Locale.ROOT)
        : "COMPONENT";
  }

  private static boolean isGeneric(TypeName type) {
    if (type instanceof ArrayTypeName array) {
      return isGeneric(array.componentType());
    } else if (type instanceof ParameterizedTypeName parameterized) {
      return parameterized.typeArguments().stream().anyMatch(ComponentConstants::isGeneric);
    }
    return type instanceof TypeVariableName;
  }
}
