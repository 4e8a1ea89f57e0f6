package dev.bitfold.processor.reader;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.type.ArrayType;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;

/**
 * Tells by the types of a class's members whether it computes with tensors, whatever its
 * annotations say.
 */
public final class TensorTraffic {
  private static final String FORWARD = "forward";

  private final Language language;

  /** Makes it for the language that the types are declared in. */
  public TensorTraffic(Language language) {
    this.language = language;
  }

  /** Returns whether a method of a type takes or returns a tensor, as methods of layers do. */
  public boolean takesTensors(TypeElement type) {
    return !language.isPlatform(type)
        && new Members(language, type).methods().stream().anyMatch(TensorTraffic::takesTensor);
  }

  private static boolean takesTensor(ExecutableElement method) {
    return mentionsTensor(method.getReturnType())
        || method.getParameters().stream().anyMatch(p -> mentionsTensor(p.asType()));
  }

  /** Returns whether a type is a tensor type, or has one as a type argument. */
  public static boolean mentionsTensor(TypeMirror type) {
    if (type.getKind() == TypeKind.ARRAY) {
      return mentionsTensor(((ArrayType) type).getComponentType());
    }
    return Language.isTensor(type)
        || Language.isVariable(type)
        || (type instanceof DeclaredType declared
            && declared.getTypeArguments().stream().anyMatch(TensorTraffic::mentionsTensor));
  }

  /**
   * Returns a tensor that a class holds, if the class has a {@code forward} and so may be a layer.
   */
  public Optional<VariableElement> heldByLayer(TypeElement type) {
    Members members = new Members(language, type);
    boolean forwards =
        members.methods().stream()
            .anyMatch(m -> m.getSimpleName().contentEquals(FORWARD) && takesTensor(m));
    return forwards
        ? members.fields().stream().filter(field -> mentionsTensor(field.asType())).findFirst()
        : Optional.empty();
  }
}
