package dev.bitfold.processor.lang;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;
import org.jspecify.annotations.Nullable;

/**
 * Reads method bodies if the compiler shows them. javac shows the bodies of sources. Other
 * compilers show none, so nothing is found.
 */
public final class BodyScanner {
  private final Optional<Trees> trees;

  BodyScanner(Optional<Trees> trees) {
    this.trees = trees;
  }

  /** Returns whether this compiler shows bodies. */
  public boolean visible() {
    return trees.isPresent();
  }

  /** Returns whether a field is initialized in its declaration, if that is visible. */
  public boolean isInitialized(VariableElement field) {
    return field.getConstantValue() != null
        || trees
            .map(t -> t.getPath(field))
            .filter(path -> path.getLeaf() instanceof VariableTree)
            .filter(path -> ((VariableTree) path.getLeaf()).getInitializer() != null)
            .isPresent();
  }

  /** Returns the matrix products in a method; none if its body is not visible. */
  public List<Product> products(ExecutableElement method) {
    return trees.map(t -> t.getTree(method)).map(Products::in).orElse(List.of());
  }

  /** Returns what a constructor does with its parameters; empty if its body is not visible. */
  public Optional<ConstructorFlow> flow(ExecutableElement constructor) {
    return trees.map(t -> t.getTree(constructor)).map(ConstructorFlow::new);
  }

  /**
   * Returns whether a constructor calls a method of its own object, directly or through other
   * methods of the class.
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
   * Returns the string literals that a method's body passes to methods of some names, in order.
   *
   * @param called the names of the called methods
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
    SelfCalls.in(tree, false).stream()
        .filter(call -> !call.onSuper())
        .forEach(call -> names.add(call.name()));
    return names;
  }
}
