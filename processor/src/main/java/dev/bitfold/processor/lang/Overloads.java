package dev.bitfold.processor.lang;

import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TypeCastTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;
import org.jspecify.annotations.Nullable;

/**
 * Finds the methods that a call can mean among several of one name. Processors run before the
 * compiler knows the types of expressions. Only obvious types tell overloads apart; otherwise all
 * overloads remain.
 */
final class Overloads {
  private final Map<String, String> variables = new HashMap<>();

  /** Makes the overloads for the calls in a method's body. */
  Overloads(@Nullable MethodTree caller) {
    new TreeScanner<@Nullable Void, @Nullable Void>() {
      @Override
      public @Nullable Void visitVariable(VariableTree variable, @Nullable Void unused) {
        Tree type = variable.getType();
        String text = type == null ? "" : simple(type.toString());
        variables.merge(variable.getName().toString(), text, (a, b) -> a.equals(b) ? a : "");
        return super.visitVariable(variable, null);
      }
    }.scan(caller, null);
  }

  /** Returns the methods that a call can mean, among those of its name. */
  List<ExecutableElement> meant(SelfCalls.Call call, List<ExecutableElement> named) {
    if (call.arguments().isEmpty()) {
      return named;
    }
    List<? extends ExpressionTree> arguments = call.arguments().get();
    List<ExecutableElement> fitting =
        named.stream()
            .filter(m -> m.getParameters().size() == arguments.size() || m.isVarArgs())
            .toList();
    List<ExecutableElement> exact = fitting.stream().filter(m -> isExact(m, arguments)).toList();
    return exact.isEmpty() ? fitting : exact;
  }

  /** Returns whether each argument whose type is obvious has exactly the parameter's type. */
  private boolean isExact(ExecutableElement method, List<? extends ExpressionTree> arguments) {
    if (method.getParameters().size() != arguments.size()) {
      return false;
    }
    for (int i = 0; i < arguments.size(); i++) {
      Optional<String> seen = type(arguments.get(i));
      String wanted = simple(method.getParameters().get(i).asType());
      if (seen.isPresent() && !seen.get().equals(wanted)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the simple name of an expression's type, if it is obvious. */
  private Optional<String> type(ExpressionTree expression) {
    if (expression instanceof ParenthesizedTree inner) {
      return type(inner.getExpression());
    } else if (expression instanceof TypeCastTree cast) {
      return Optional.of(simple(cast.getType().toString()));
    } else if (expression instanceof NewClassTree created) {
      return Optional.of(simple(created.getIdentifier().toString()));
    } else if (expression instanceof IdentifierTree name) {
      return Optional.ofNullable(variables.get(name.getName().toString()))
          .filter(text -> !text.isEmpty() && !text.equals("var"));
    } else if (expression instanceof LiteralTree literal) {
      return switch (literal.getKind()) {
        case INT_LITERAL -> Optional.of("int");
        case LONG_LITERAL -> Optional.of("long");
        case FLOAT_LITERAL -> Optional.of("float");
        case DOUBLE_LITERAL -> Optional.of("double");
        case BOOLEAN_LITERAL -> Optional.of("boolean");
        case CHAR_LITERAL -> Optional.of("char");
        case STRING_LITERAL -> Optional.of("String");
        default -> Optional.empty();
      };
    }
    return Optional.empty();
  }

  private static String simple(TypeMirror type) {
    if (type instanceof ArrayType array) {
      return simple(array.getComponentType()) + "[]";
    }
    return type instanceof DeclaredType declared
        ? declared.asElement().getSimpleName().toString()
        : simple(type.toString());
  }

  /** Returns {@code List} for {@code java.util.List<String>}. */
  private static String simple(String type) {
    String raw = type.replaceAll("<.*>", "").replaceAll("@\\S+ ", "").trim();
    return raw.substring(raw.lastIndexOf('.') + 1);
  }
}
