package dev.bitfold.processor.lang;

import com.sun.source.tree.AssignmentTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ParenthesizedTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the matrix products in a method's body whose operands are obvious: a parameter or member by
 * its name, possibly transposed. Values in local variables are not followed.
 */
final class Products extends TreeScanner<@Nullable Void, @Nullable Void> {
  private static final String PRODUCT = "mmul";
  private static final String TRANSPOSE = "transpose";

  private final Set<String> changed = new HashSet<>();
  private final List<Product> found = new ArrayList<>();

  private Products() {}

  /** Returns the products in a method. */
  static List<Product> in(MethodTree method) {
    Products products = new Products();
    products.scan(method.getBody(), null);
    return products.found.stream()
        .filter(product -> !products.changed.contains(product.left().name()))
        .filter(product -> !products.changed.contains(product.right().name()))
        .toList();
  }

  @Override
  public @Nullable Void visitMethodInvocation(MethodInvocationTree call, @Nullable Void unused) {
    if (call.getMethodSelect() instanceof MemberSelectTree select
        && select.getIdentifier().contentEquals(PRODUCT)
        && call.getArguments().size() == 1) {
      Optional<Product.Operand> left = operand(select.getExpression());
      Optional<Product.Operand> right = operand(call.getArguments().get(0));
      if (left.isPresent() && right.isPresent()) {
        found.add(new Product(left.get(), right.get()));
      }
    }
    return super.visitMethodInvocation(call, null);
  }

  /** Excludes names that local variables hide. */
  @Override
  public @Nullable Void visitVariable(VariableTree local, @Nullable Void unused) {
    changed.add(local.getName().toString());
    return super.visitVariable(local, null);
  }

  @Override
  public @Nullable Void visitAssignment(AssignmentTree assignment, @Nullable Void unused) {
    name(assignment.getVariable()).ifPresent(changed::add);
    return super.visitAssignment(assignment, null);
  }

  private static Optional<Product.Operand> operand(ExpressionTree expression) {
    ExpressionTree inner =
        expression instanceof ParenthesizedTree around ? around.getExpression() : expression;
    if (inner instanceof MethodInvocationTree call
        && call.getArguments().isEmpty()
        && call.getMethodSelect() instanceof MemberSelectTree select
        && select.getIdentifier().contentEquals(TRANSPOSE)) {
      return operand(select.getExpression())
          .map(of -> new Product.Operand(of.name(), !of.transposed()));
    }
    return name(inner).map(name -> new Product.Operand(name, false));
  }

  /** Returns the name in {@code x}, {@code this.x}, {@code x()} and {@code this.x()}. */
  private static Optional<String> name(ExpressionTree expression) {
    if (expression instanceof MethodInvocationTree call) {
      return call.getArguments().isEmpty() ? name(call.getMethodSelect()) : Optional.empty();
    } else if (expression instanceof IdentifierTree identifier) {
      return Optional.of(identifier.getName().toString());
    } else if (expression instanceof MemberSelectTree select
        && select.getExpression().toString().equals("this")) {
      return Optional.of(select.getIdentifier().toString());
    }
    return Optional.empty();
  }
}
