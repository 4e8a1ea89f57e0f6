package dev.bitfold.processor.lang;

import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.CompoundAssignmentTree;
import com.sun.source.tree.ExpressionStatementTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.StatementTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Tells from a constructor's statements what its fields are made of. */
public final class ConstructorFlow {
  private final List<? extends StatementTree> statements;
  private final Set<String> parameters;

  ConstructorFlow(MethodTree constructor) {
    this.statements =
        constructor.getBody() == null ? List.of() : constructor.getBody().getStatements();
    this.parameters =
        constructor.getParameters().stream()
            .map(p -> p.getName().toString())
            .collect(Collectors.toSet());
  }

  /**
   * Holds the statements that a value is made by.
   *
   * @param text the statements, in which a parameter that is stored unchanged has the name of its
   *     field
   * @param origins the names of the parameters in the statements, each with the name of the field
   *     that stores it, if any
   */
  public record Slice(String text, Set<Set<String>> origins) {}

  /** Returns whether the constructor first calls another constructor of its class. */
  public boolean delegates() {
    return statements.stream().anyMatch(s -> calls(s, "this"));
  }

  /** Returns what a field is made of; an empty slice if the constructor does not set it. */
  public Slice field(String name) {
    return slice(statement -> Names.in(statement).sets(name, parameters));
  }

  /** Returns what the superclass constructor is given. */
  public Slice superclass() {
    return slice(statement -> calls(statement, "super"));
  }

  private Slice slice(Predicate<StatementTree> seed) {
    Set<StatementTree> found = new HashSet<>();
    statements.stream().filter(seed).forEach(found::add);
    Set<String> used = new HashSet<>();
    boolean more = true;
    while (more) {
      found.forEach(s -> used.addAll(Names.in(s).used));
      more = false;
      for (StatementTree statement : statements) {
        Names names = Names.in(statement);
        boolean local =
            statement instanceof VariableTree variable
                && used.contains(variable.getName().toString());
        boolean assigned = names.assigned.stream().anyMatch(n -> used.contains(n) && isLocal(n));
        more |= (local || assigned) && found.add(statement);
      }
    }
    Map<String, String> stored = stored();
    String text =
        statements.stream()
            .filter(found::contains)
            .map(s -> renamed(s.toString(), stored))
            .collect(Collectors.joining("\n"));
    Set<Set<String>> origins = new LinkedHashSet<>();
    for (String parameter : parameters) {
      if (used.contains(parameter)) {
        Set<String> names = new LinkedHashSet<>(List.of(parameter));
        Optional.ofNullable(stored.get(parameter)).ifPresent(names::add);
        origins.add(names);
      }
    }
    return new Slice(text, origins);
  }

  private boolean isLocal(String name) {
    return parameters.contains(name)
        || statements.stream()
            .anyMatch(s -> s instanceof VariableTree v && v.getName().contentEquals(name));
  }

  /** Returns the parameters that a field stores unchanged, with the field's name. */
  private Map<String, String> stored() {
    Map<String, String> stored = new LinkedHashMap<>();
    for (StatementTree statement : statements) {
      if (statement instanceof ExpressionStatementTree expression
          && expression.getExpression() instanceof AssignmentTree assignment
          && assignment.getExpression() instanceof IdentifierTree value
          && parameters.contains(value.getName().toString())) {
        ownField(assignment.getVariable(), parameters)
            .ifPresent(field -> stored.put(value.getName().toString(), field));
      }
    }
    return stored;
  }

  private static String renamed(String text, Map<String, String> stored) {
    String renamed = text;
    for (Map.Entry<String, String> entry : stored.entrySet()) {
      renamed =
          Pattern.compile("(?<![\\w.$])" + Pattern.quote(entry.getKey()) + "(?![\\w$])")
              .matcher(renamed)
              .replaceAll(Matcher.quoteReplacement("#" + entry.getValue()));
    }
    return renamed;
  }

  private static Optional<String> ownField(ExpressionTree variable, Set<String> parameters) {
    if (variable instanceof MemberSelectTree select
        && select.getExpression().toString().equals("this")) {
      return Optional.of(select.getIdentifier().toString());
    }
    return variable instanceof IdentifierTree name
            && !parameters.contains(name.getName().toString())
        ? Optional.of(name.getName().toString())
        : Optional.empty();
  }

  private static boolean calls(StatementTree statement, String keyword) {
    return statement instanceof ExpressionStatementTree expression
        && expression.getExpression() instanceof MethodInvocationTree call
        && call.getMethodSelect() instanceof IdentifierTree name
        && name.getName().contentEquals(keyword);
  }

  /** Collects the names in a statement. */
  private static final class Names extends TreeScanner<@Nullable Void, @Nullable Void> {
    final Set<String> used = new HashSet<>();
    final Set<String> assigned = new HashSet<>();
    final Set<ExpressionTree> targets = new HashSet<>();

    static Names in(Tree tree) {
      Names names = new Names();
      names.scan(tree, null);
      return names;
    }

    boolean sets(String field, Set<String> parameters) {
      return targets.stream()
          .anyMatch(target -> ownField(target, parameters).filter(field::equals).isPresent());
    }

    @Override
    public @Nullable Void visitAssignment(AssignmentTree assignment, @Nullable Void unused) {
      targets.add(assignment.getVariable());
      if (assignment.getVariable() instanceof IdentifierTree name) {
        assigned.add(name.getName().toString());
        return scan(assignment.getExpression(), null); // A field's name is not a value of it.
      }
      return super.visitAssignment(assignment, null);
    }

    @Override
    public @Nullable Void visitCompoundAssignment(
        CompoundAssignmentTree assignment, @Nullable Void unused) {
      if (assignment.getVariable() instanceof IdentifierTree name) {
        assigned.add(name.getName().toString());
      }
      return super.visitCompoundAssignment(assignment, null);
    }

    @Override
    public @Nullable Void visitIdentifier(IdentifierTree name, @Nullable Void unused) {
      used.add(name.getName().toString());
      return null;
    }
  }
}
