package dev.bitfold.processor.reader.model;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.MixIns;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.Layers;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;
import javax.lang.model.util.ElementFilter;

/**
 * Finds the generated classes of the layers and models in a model. Those of this compilation will
 * exist. Those of other compilations must exist.
 */
final class Wrappers {
  private final Language language;
  private final SourceTypes sources;
  private final MixIns mixIns;
  private final Layers layers;

  Wrappers(ModelScope scope) {
    this.language = scope.language();
    this.sources = scope.sources();
    this.mixIns = scope.mixIns();
    this.layers = scope.layers();
  }

  /** Returns the wrapper of a layer, if it fits the declared type of the component. */
  Optional<ClassName> layer(TypeElement layer, TypeMirror declared, ComponentSite site) {
    TypeElement annotated = mixIns.annotated(layer);
    ClassName wrapper = GeneratedNames.wrapper(ClassName.get(annotated));
    boolean fits;
    if (sources.contains(annotated)) {
      fits = fitsSource(layer, declared);
    } else {
      Optional<TypeElement> generated = existing(annotated, wrapper, site);
      if (generated.isEmpty()) {
        return Optional.empty();
      }
      boolean isVariable = declared.getKind() == TypeKind.TYPEVAR; // It may stand for the layer.
      fits = fitsClass(generated.get(), isVariable ? layer.asType() : declared);
    }
    if (!fits) {
      String hint =
          layer.getInterfaces().isEmpty()
              ? ", of which there is none yet"
              : ", such as " + TypeText.of(layer.getInterfaces().get(0));
      site.report(
          ProblemId.FINAL_COMPONENT,
          TypeText.of(declared),
          layer.getSimpleName(),
          TypeText.finality(layer),
          wrapper.simpleName(),
          hint);
    }
    return fits ? Optional.of(wrapper) : Optional.empty();
  }

  private boolean fitsSource(TypeElement layer, TypeMirror declared) {
    Optional<LayerModel> model = layers.resolve(layer);
    boolean wrapped = model.isPresent() && model.get().shape() instanceof LayerShape.Wrapper;
    boolean isInterface =
        Language.declared(declared).filter(e -> e.getKind().isInterface()).isPresent();
    return !wrapped || isInterface;
  }

  /** Returns the class that a wrapper is made for. */
  String madeFor(TypeElement wrapper) {
    return layerType(wrapper)
        .map(arguments -> TypeText.of(arguments.get(0)))
        .orElse("the class that it is made for");
  }

  private boolean fitsClass(TypeElement wrapper, TypeMirror declared) {
    return layerType(wrapper)
        .filter(
            arguments ->
                language
                    .types()
                    .isSubtype(
                        language.types().erasure(arguments.get(1)),
                        language.types().erasure(declared)))
        .isPresent();
  }

  /** Returns the user's class and its replacement. */
  private static Optional<List<? extends TypeMirror>> layerType(TypeElement wrapper) {
    return ElementFilter.methodsIn(wrapper.getEnclosedElements()).stream()
        .filter(m -> m.getSimpleName().contentEquals("type") && m.getParameters().isEmpty())
        .map(ExecutableElement::getReturnType)
        .filter(type -> Language.is(type, BitfoldNames.LAYER_TYPE))
        .<List<? extends TypeMirror>>map(type -> ((DeclaredType) type).getTypeArguments())
        .filter(arguments -> arguments.size() == 2)
        .findFirst();
  }

  private Optional<TypeElement> existing(TypeElement layer, ClassName wrapper, ComponentSite site) {
    Optional<TypeElement> found = language.findFrom(site.model(), wrapper.canonicalName());
    Optional<AnnotationUse> mark =
        found.flatMap(type -> AnnotationUse.find(type, BitfoldNames.GENERATED_LAYER));
    if (mark.isEmpty()) {
      site.report(ProblemId.WRAPPER_MISSING, layer.getSimpleName(), wrapper.simpleName());
      return Optional.empty();
    }
    int version = mark.get().value("version").map(AnnotationValues::integer).orElse(0);
    if (version != BitfoldNames.CONTRACT_VERSION) {
      site.report(
          ProblemId.WRAPPER_VERSION,
          layer.getSimpleName(),
          wrapper.simpleName(),
          version,
          BitfoldNames.CONTRACT_VERSION);
      return Optional.empty();
    }
    return found;
  }

  /** Returns the quantizer of a model. */
  Optional<ClassName> model(TypeElement model, ComponentSite site) {
    TypeElement annotated = mixIns.annotated(model);
    ClassName quantizer = GeneratedNames.quantizer(ClassName.get(annotated));
    if (!sources.contains(annotated)
        && language.findFrom(site.model(), quantizer.canonicalName()).isEmpty()) {
      site.report(ProblemId.WRAPPER_MISSING, annotated.getSimpleName(), quantizer.simpleName());
      return Optional.empty();
    }
    return Optional.of(quantizer);
  }
}
