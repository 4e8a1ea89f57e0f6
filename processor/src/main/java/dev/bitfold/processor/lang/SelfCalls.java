package dev.bitfold.processor.lang;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MemberReferenceTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Finds the calls in a body whose receiver is the object that the body belongs to. */
final class SelfCalls extends TreeScanner<@Nullable Void, @Nullable Void> {
  /**
   * Describes a call.
   *
   * @param name the name of the called method
   * @param arguments the arguments; empty for a method reference, which does not show them
   * @param onSuper whether the method of {@code super} is called
   */
  record Call(String name, Optional<List<? extends ExpressionTree>> arguments, boolean onSuper) {}

  private final boolean later;
  private final Set<Call> found = new LinkedHashSet<>();

  private SelfCalls(boolean later) {
    this.later = later;
  }

  /**
   * Returns the calls in a tree.
   *
   * @param later whether code that runs later is included: lambdas, method references and anonymous
   *     classes
   */
  static Set<Call> in(@Nullable Tree tree, boolean later) {
    SelfCalls calls = new SelfCalls(later);
    calls.scan(tree, null);
    return calls.found;
  }

  @Override
  public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void unused) {
    List<? extends ExpressionTree> arguments = call.getArguments();
    if (call.getMethodSelect() instanceof IdentifierTree name) {
      found.add(new Call(name.getName().toString(), Optional.of(arguments), false));
    } else if (call.getMethodSelect() instanceof MemberSelectTree select) {
      own(select.getExpression(), select.getIdentifier().toString(), Optional.of(arguments));
    }
    return super.visitMethodInvocation(call, null);
  }

  @Override
  public @Nullable Void visitMemberReference(MemberReferenceTree reference, @Nullable Void unused) {
    if (later) {
      own(reference.getQualifierExpression(), reference.getName().toString(), Optional.empty());
    }
    return super.visitMemberReference(reference, null);
  }

  private void own(
      ExpressionTree receiver, String name, Optional<List<? extends ExpressionTree>> arguments) {
    String text = receiver.toString();
    boolean onSuper = text.equals("super") || text.endsWith(".super");
    if (onSuper || text.equals("this") || text.endsWith(".this")) {
      found.add(new Call(name, arguments, onSuper));
    }
  }

  @Override
  public @Nullable Void visitLambdaExpression(LambdaExpressionTree lambda, @Nullable Void unused) {
    return later ? super.visitLambdaExpression(lambda, null) : null;
  }

  /**
   * Excludes calls in a local class to its own methods: it can call the methods around it only if
   * it has none of that name.
   */
  @Override
  public @Nullable Void visitClass(ClassTree local, @Nullable Void unused) {
    if (!later) {
      return null;
    }
    Set<String> own =
        local.getMembers().stream()
            .filter(MethodTree.class::isInstance)
            .map(member -> ((MethodTree) member).getName().toString())
            .collect(Collectors.toSet());
    List<Call> inside = new ArrayList<>();
    local.getMembers().forEach(member -> inside.addAll(in(member, true)));
    inside.stream()
        .filter(call -> !call.onSuper() && !own.contains(call.name()))
        .forEach(found::add);
    return null;
  }
}
