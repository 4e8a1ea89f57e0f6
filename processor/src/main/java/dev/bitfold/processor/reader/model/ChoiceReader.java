package dev.bitfold.processor.reader.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.UnresolvedTypeException;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.DeclaredType;
import javax.lang.model.type.TypeKind;
import javax.lang.model.type.TypeMirror;

/**
 * Lists the classes of a component whose type is an interface or abstract: the permitted classes of
 * a sealed type, or those that {@code @Implementations} lists.
 */
final class ChoiceReader {
  private final Language language;
  private final LayerDetector detector;
  private final Wrappers wrappers;

  ChoiceReader(Language language, LayerDetector detector, Wrappers wrappers) {
    this.language = language;
    this.detector = detector;
    this.wrappers = wrappers;
  }

  /**
   * Returns the listed classes.
   *
   * @param type the type of the component
   * @param declared the type itself, or the type variable that it bounds
   */
  Optional<ComponentModel> listed(
      AnnotationUse use, TypeMirror type, TypeMirror declared, ComponentSite site) {
    List<ComponentModel.ByClass.Choice> choices = new ArrayList<>();
    List<? extends AnnotationValue> values =
        use.value("value").map(AnnotationValues::list).orElse(List.of());
    if (values.isEmpty()) {
      implementation(use, "lists no class", "it", type, site);
    }
    for (AnnotationValue value : values) {
      TypeMirror one = AnnotationValues.type(value);
      Optional<TypeElement> element = Language.declared(one);
      boolean fits = language.types().isSubtype(one, language.types().erasure(type));
      if (!fits || element.isEmpty()) {
        implementation(use, "is not a " + TypeText.of(type), TypeText.of(one), type, site);
      } else if (!detector.isLayer(element.get()) && !detector.isModel(element.get())) {
        implementation(
            use, "is not an annotated layer or model class", TypeText.of(one), type, site);
      } else if (choices.stream().anyMatch(c -> Language.is(element.get(), c.type()))) {
        implementation(use, "is listed twice", TypeText.of(one), type, site);
      } else {
        choice(element.get(), declared, site).ifPresent(choices::add);
      }
    }
    return choices.isEmpty()
        ? Optional.empty()
        : Optional.of(new ComponentModel.ByClass(TypeName.get(type), choices));
  }

  private static void implementation(
      AnnotationUse use, String what, String type, TypeMirror declared, ComponentSite site) {
    site.problems()
        .add(
            ProblemId.IMPLEMENTATION,
            use.place("value"),
            type,
            what,
            "are of type " + TypeText.of(declared));
  }

  /**
   * Returns the permitted classes of a sealed type. The component is passed on if no layer is among
   * them.
   *
   * @param type the sealed type with its type arguments
   * @param declared the type itself, or the type variable that it bounds
   */
  Optional<ComponentModel> permitted(
      TypeElement sealed, TypeMirror type, TypeMirror declared, ComponentSite site) {
    Map<String, TypeElement> classes = new LinkedHashMap<>();
    boolean open = collect(sealed, classes);
    boolean rebuilt =
        classes.values().stream().anyMatch(c -> detector.isLayer(c) || detector.isModel(c));
    if (!rebuilt) {
      return Optional.of(new ComponentModel.PassedOn());
    }
    if (open) {
      site.report(
          ProblemId.OPEN_COMPONENT, TypeText.of(declared), "sealed, but permits an open type");
      return Optional.empty();
    }
    List<ComponentModel.ByClass.Choice> choices = new ArrayList<>();
    for (TypeElement choice : classes.values()) {
      choice(choice, declared, site).ifPresent(choices::add);
    }
    return Optional.of(new ComponentModel.ByClass(TypeName.get(type), choices));
  }

  /** Collects concrete classes; returns true if there may be unknown ones. */
  private boolean collect(TypeElement sealed, Map<String, TypeElement> classes) {
    boolean open = false;
    for (TypeMirror permitted : sealed.getPermittedSubclasses()) {
      if (permitted.getKind() == TypeKind.ERROR) {
        if (!isExpectedWrapper(permitted, sealed)) {
          throw new UnresolvedTypeException(permitted.toString());
        }
        continue;
      }
      TypeElement type = (TypeElement) ((DeclaredType) permitted).asElement();
      if (AnnotationUse.find(type, BitfoldNames.GENERATED_LAYER).isPresent()) {
        continue;
      }
      boolean isAbstract = type.getModifiers().contains(Modifier.ABSTRACT);
      if (!isAbstract) {
        classes.put(type.getQualifiedName().toString(), type);
      }
      if (type.getModifiers().contains(Modifier.SEALED)) {
        open |= collect(type, classes);
      } else {
        open |= isAbstract;
      }
    }
    return open;
  }

  /**
   * Returns whether a type that does not exist yet is the wrapper of a class in the same package.
   */
  private boolean isExpectedWrapper(TypeMirror missing, TypeElement sealed) {
    String name = missing.toString();
    String simpleName = name.substring(name.lastIndexOf('.') + 1);
    return sealed.getPermittedSubclasses().stream()
        .flatMap(type -> Language.declared(type).stream())
        .map(type -> GeneratedNames.wrapper(ClassName.get(type)).simpleName())
        .anyMatch(simpleName::equals);
  }

  private Optional<ComponentModel.ByClass.Choice> choice(
      TypeElement type, TypeMirror declared, ComponentSite site) {
    Optional<? extends ComponentModel> component;
    if (detector.isModel(type)) {
      component = wrappers.model(type, site).map(ComponentModel.Model::new);
    } else if (detector.isLayer(type)) {
      component = wrappers.layer(type, declared, site).map(ComponentModel.Layer::new);
    } else {
      component = Optional.of(new ComponentModel.PassedOn());
    }
    return component.map(c -> new ComponentModel.ByClass.Choice(ClassName.get(type), c));
  }
}
