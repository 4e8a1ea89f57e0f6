package dev.bitfold.processor.reader.layer;

import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.MethodModel;
import dev.bitfold.processor.reader.TypeText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;

/**
 * Decides how a layer is replaced. An open class gets a subclass. A final class or record gets a
 * wrapper that implements its interfaces, or is rebuilt as itself if only weights are quantized.
 */
final class ShapeResolver {
  private final Language language;

  ShapeResolver(Language language) {
    this.language = language;
  }

  /**
   * Returns the shape of a layer.
   *
   * @param quantizesActivations whether the hooks see activations
   */
  LayerShape resolve(DeclaredLayer layer, boolean quantizesActivations) {
    TypeElement type = layer.type();
    if (!type.getModifiers().contains(Modifier.FINAL)) {
      return new LayerShape.Subclass();
    }
    Optional<DeclaredForward> forward = layer.forward();
    if (forward.isEmpty() || !(quantizesActivations || layer.backward().isPresent())) {
      return new LayerShape.Rebuilt();
    }
    WrapperMembers members = new WrapperMembers(language, layer);
    Map<String, MethodModel> delegated = new LinkedHashMap<>();
    for (ExecutableElement method : members.delegated()) {
      delegated.put(TypeText.signature(method), MethodReader.read(language, type, method));
    }
    return new LayerShape.Wrapper(
        members.interfaces().stream().map(TypeName::get).toList(), List.copyOf(delegated.values()));
  }
}
