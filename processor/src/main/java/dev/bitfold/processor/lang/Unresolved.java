package dev.bitfold.processor.lang;

import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.ErrorType;
import javax.lang.model.type.IntersectionType;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.type.WildcardType;
import javax.lang.model.util.SimpleTypeVisitor14;
import org.jspecify.annotations.Nullable;

/** Finds types inside of a type that do not exist, or do not exist yet. */
public final class Unresolved extends SimpleTypeVisitor14<@Nullable Void, @Nullable Void> {
  private static final Unresolved VISITOR = new Unresolved();

  private Unresolved() {}

  /**
   * Does nothing if every type inside of this type exists.
   *
   * @throws UnresolvedTypeException if one does not exist
   */
  public static void refuse(TypeMirror type) {
    type.accept(VISITOR, null);
  }

  @Override
  public @Nullable Void visitError(ErrorType type, @Nullable Void unused) {
    throw new UnresolvedTypeException(type.toString());
  }

  @Override
  public @Nullable Void visitDeclared(DeclaredType type, @Nullable Void unused) {
    type.getTypeArguments().forEach(argument -> argument.accept(this, null));
    return null;
  }

  @Override
  public @Nullable Void visitArray(ArrayType type, @Nullable Void unused) {
    return type.getComponentType().accept(this, null);
  }

  @Override
  public @Nullable Void visitWildcard(WildcardType type, @Nullable Void unused) {
    if (type.getExtendsBound() != null) {
      type.getExtendsBound().accept(this, null);
    }
    if (type.getSuperBound() != null) {
      type.getSuperBound().accept(this, null);
    }
    return null;
  }

  @Override
  public @Nullable Void visitIntersection(IntersectionType type, @Nullable Void unused) {
    type.getBounds().forEach(bound -> bound.accept(this, null));
    return null;
  }
}
