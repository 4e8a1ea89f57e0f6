package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeMirror;

/**
 * Decides what stands in for a layer: a subclass of an open class; of a final class or record a
 * wrapper behind its interfaces, or itself where only weights are quantized.
 */
final class ShapeResolver {
  private final Language language;

  ShapeResolver(Language language) {
    this.language = language;
  }

  /** Returns the shape of a layer whose hooks see activations, or of any other. */
  LayerShape resolve(DeclaredLayer layer, boolean quantizesActivations) {
    TypeElement type = layer.type();
    if (!type.getModifiers().contains(Modifier.FINAL)) {
      return new LayerShape.Subclass();
    }
    Optional<DeclaredForward> forward = layer.forward();
    Optional<DeclaredBackward> backward = layer.backward();
    if (forward.isEmpty() || !(quantizesActivations || backward.isPresent())) {
      return new LayerShape.Rebuilt();
    }
    Map<String, MethodModel> delegated = new LinkedHashMap<>();
    for (ExecutableElement method : new Members(language, type).implementations()) {
      boolean wrapped =
          method.equals(forward.get().method())
              || backward.filter(b -> b.method().equals(method)).isPresent();
      if (!wrapped) {
        delegated.put(TypeText.signature(method), MethodReader.read(language, type, method));
      }
    }
    return new LayerShape.Wrapper(interfaces(type), List.copyOf(delegated.values()));
  }

  private List<TypeName> interfaces(TypeElement type) {
    List<TypeName> names = new ArrayList<>();
    for (TypeElement owner : language.chain(type)) {
      for (TypeMirror parent : owner.getInterfaces()) {
        TypeName name = TypeName.get(seen(type, parent));
        if (!names.contains(name)) {
          names.add(name);
        }
      }
    }
    return names;
  }

  /** Returns an interface with the type arguments that it has in the class. */
  private TypeMirror seen(TypeElement type, TypeMirror parent) {
    return language.interfaces(type).stream()
        .filter(i -> i.asElement().equals(((DeclaredType) parent).asElement()))
        .findFirst()
        .map(TypeMirror.class::cast)
        .orElse(parent);
  }
}
