package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.ClassName;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.Optional;
import javax.lang.model.type.TypeMirror;

/**
 * Describes a tensor as one annotation declares it.
 *
 * @param kind the kind of the tensor
 * @param type the type of the member or parameter
 * @param several whether it is a list or array of tensors
 * @param variable whether it is a variable of a graph instead of an array
 * @param layout its axes; empty if the written layout is invalid, which is reported while reading
 * @param use the annotation of the kind, or the quantizer of an input that has no other annotation
 */
public record TensorDeclaration(
    TensorKind kind,
    TypeMirror type,
    boolean several,
    boolean variable,
    Optional<Layout> layout,
    AnnotationUse use) {
  /** Returns the annotation that declares tensors of a kind. */
  public static ClassName annotation(TensorKind kind) {
    return switch (kind) {
      case WEIGHT -> BitfoldNames.WEIGHT;
      case BIAS -> BitfoldNames.BIAS;
      case INPUT -> BitfoldNames.INPUT;
    };
  }

  /** Returns {@code @Weight(layout = "OI")}. */
  public String words() {
    return "@"
        + annotation(kind).simpleName()
        + (hasLayout() ? "(layout = \"" + layout.orElseThrow() + "\")" : "");
  }

  /** Returns whether the axes are known. */
  public boolean hasLayout() {
    return layout.isPresent() && !layout.get().isUnknown();
  }

  /** Returns whether both declarations cannot be true of the same tensor. */
  public boolean contradicts(TensorDeclaration other) {
    return kind != other.kind || (hasLayout() && other.hasLayout() && !layout.equals(other.layout));
  }
}
