package dev.bitfold.processor.lang;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;
import org.jspecify.annotations.Nullable;

/**
 * Reads method bodies where the compiler shows them: javac does, for sources; other compilers do
 * not, and then nothing is found.
 */
public final class BodyScanner {
  private final Optional<Trees> trees;

  BodyScanner(Optional<Trees> trees) {
    this.trees = trees;
  }

  /** Whether this compiler shows bodies at all. */
  public boolean visible() {
    return trees.isPresent();
  }

  /**
   * Whether a constructor calls a method of its own object, directly or through other methods of
   * the class.
   */
  public boolean reaches(ExecutableElement constructor, String method) {
    TypeElement type = Language.owner(constructor);
    Deque<String> open = new ArrayDeque<>(calls(constructor));
    open.addAll(callsInInitializers(type));
    Set<String> seen = new HashSet<>();
    while (!open.isEmpty()) {
      String name = open.remove();
      if (name.equals(method)) {
        return true;
      }
      if (seen.add(name)) {
        ElementFilter.methodsIn(type.getEnclosedElements()).stream()
            .filter(m -> m.getSimpleName().contentEquals(name))
            .forEach(m -> open.addAll(calls(m)));
      }
    }
    return false;
  }

  /**
   * The methods of its class on the way from a method back to itself; empty if it does not call
   * itself. Overloads are told apart by their number of parameters: where two have the same,
   * nothing is claimed.
   */
  public Optional<List<String>> recursion(ExecutableElement start) {
    return path(Language.owner(start), start, start, new HashSet<>());
  }

  private Optional<List<String>> path(
      TypeElement type, ExecutableElement from, ExecutableElement target, Set<Element> seen) {
    for (Call call : ownCalls(from)) {
      List<ExecutableElement> named =
          ElementFilter.methodsIn(type.getEnclosedElements()).stream()
              .filter(m -> m.getSimpleName().contentEquals(call.name()))
              .filter(m -> m.getParameters().size() == call.arguments() || m.isVarArgs())
              .toList();
      if (named.size() != 1) {
        continue;
      }
      ExecutableElement called = named.get(0);
      if (called.equals(target)) {
        return Optional.of(List.of());
      }
      if (seen.add(called)) {
        Optional<List<String>> rest = path(type, called, target, seen);
        if (rest.isPresent()) {
          List<String> path = new ArrayList<>(List.of(call.name()));
          path.addAll(rest.get());
          return Optional.of(path);
        }
      }
    }
    return Optional.empty();
  }

  private Set<Call> ownCalls(ExecutableElement method) {
    Set<Call> calls = new LinkedHashSet<>();
    trees
        .map(t -> t.getTree(method))
        .ifPresent(
            tree ->
                new OwnCalls(true, (name, arguments) -> calls.add(new Call(name, arguments)))
                    .scan(tree, null));
    return calls;
  }

  /** A call of a method of the same object. */
  private record Call(String name, int arguments) {}

  /**
   * The string literals that a method's body gives to methods of some names, in their order.
   *
   * @param called the names
   */
  public Set<String> stringArguments(ExecutableElement method, Set<String> called) {
    Set<String> literals = new LinkedHashSet<>();
    trees
        .map(t -> t.getTree(method))
        .ifPresent(
            tree ->
                new TreeScanner<@Nullable Void, @Nullable Void>() {
                  @Override
                  public @Nullable Void visitMethodInvocation(
                      MethodInvocationTree call, @Nullable Void unused) {
                    if (call.getMethodSelect() instanceof MemberSelectTree select
                        && called.contains(select.getIdentifier().toString())) {
                      for (Tree argument : call.getArguments()) {
                        if (argument instanceof LiteralTree literal
                            && literal.getValue() instanceof String text) {
                          literals.add(text);
                        }
                      }
                    }
                    return super.visitMethodInvocation(call, null);
                  }
                }.scan(tree, null));
    return literals;
  }

  private Set<String> calls(ExecutableElement method) {
    return trees.map(t -> scan(t.getTree(method))).orElse(Set.of());
  }

  private Set<String> callsInInitializers(TypeElement type) {
    if (trees.isEmpty()) {
      return Set.of();
    }
    ClassTree tree = trees.get().getTree(type);
    Set<String> names = new LinkedHashSet<>();
    if (tree != null) {
      for (Tree member : tree.getMembers()) {
        if (member instanceof BlockTree || member instanceof VariableTree) {
          names.addAll(scan(member));
        }
      }
    }
    return names;
  }

  private static Set<String> scan(@Nullable Tree tree) {
    Set<String> names = new LinkedHashSet<>();
    if (tree != null) {
      new OwnCalls(false, (name, arguments) -> names.add(name)).scan(tree, null);
    }
    return names;
  }

  private interface Seen {
    void call(String name, int arguments);
  }

  /** The methods that are called on {@code this}. */
  private static final class OwnCalls extends TreeScanner<@Nullable Void, @Nullable Void> {
    private final boolean later;
    private final Seen seen;

    /**
     * A scanner.
     *
     * @param later whether the bodies of lambdas count, which only run later
     */
    OwnCalls(boolean later, Seen seen) {
      this.later = later;
      this.seen = seen;
    }

    @Override
    public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void unused) {
      int arguments = call.getArguments().size();
      if (call.getMethodSelect() instanceof IdentifierTree name) {
        seen.call(name.getName().toString(), arguments);
      } else if (call.getMethodSelect() instanceof MemberSelectTree select
          && select.getExpression().toString().equals("this")) {
        seen.call(select.getIdentifier().toString(), arguments);
      }
      return super.visitMethodInvocation(call, null);
    }

    @Override
    public @Nullable Void visitLambdaExpression(
        LambdaExpressionTree lambda, @Nullable Void unused) {
      return later ? super.visitLambdaExpression(lambda, null) : null;
    }

    @Override
    public @Nullable Void visitClass(ClassTree local, @Nullable Void unused) {
      return null;
    }
  }
}
