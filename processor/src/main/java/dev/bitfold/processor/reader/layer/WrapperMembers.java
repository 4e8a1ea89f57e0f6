package dev.bitfold.processor.reader.layer;

import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.LayerShape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;

/**
 * Lists the members that the wrapper of a layer declares like the layer: interfaces and methods.
 */
public final class WrapperMembers {
  private final Language language;
  private final DeclaredLayer layer;

  /** Makes the list for a layer. */
  public WrapperMembers(Language language, DeclaredLayer layer) {
    this.language = language;
    this.layer = layer;
  }

  /** Returns the methods that a wrapper of a shape declares. */
  public List<ExecutableElement> methods(LayerShape shape) {
    if (shape instanceof LayerShape.Rebuilt) {
      return List.of();
    }
    List<ExecutableElement> methods = new ArrayList<>(hooked());
    if (shape instanceof LayerShape.Wrapper) {
      methods.addAll(delegated());
    }
    return methods;
  }

  private List<ExecutableElement> hooked() {
    return Stream.concat(
            layer.forward().map(DeclaredForward::method).stream(),
            layer.backward().map(DeclaredBackward::method).stream())
        .toList();
  }

  /** Returns the implementations of interface methods that have no hooks. */
  List<ExecutableElement> delegated() {
    List<ExecutableElement> hooked = hooked();
    return new Members(language, layer.type())
        .implementations().stream().filter(method -> !hooked.contains(method)).toList();
  }

  /** Returns the interfaces that the class and its superclasses name, as the class sees them. */
  public List<TypeMirror> interfaces() {
    List<TypeMirror> found = new ArrayList<>();
    for (TypeElement owner : language.chain(layer.type())) {
      for (TypeMirror parent : owner.getInterfaces()) {
        TypeMirror seen = seen(parent);
        if (found.stream().noneMatch(other -> language.types().isSameType(other, seen))) {
          found.add(seen);
        }
      }
    }
    return found;
  }

  /** Returns an interface with the type arguments that it has in the class. */
  private TypeMirror seen(TypeMirror parent) {
    return language.interfaces(layer.type()).stream()
        .filter(i -> i.asElement().equals(((DeclaredType) parent).asElement()))
        .findFirst()
        .map(TypeMirror.class::cast)
        .orElse(parent);
  }
}
