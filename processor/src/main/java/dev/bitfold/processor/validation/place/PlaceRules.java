package dev.bitfold.processor.validation.place;

import com.palantir.javapoet.ClassName;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.LocalClasses;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Eligibility;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.TypeText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.Modifier;
import javax.lang.model.element.TypeElement;
import javax.lang.model.element.VariableElement;
import javax.lang.model.util.ElementFilter;

/** Finds annotations that would be ignored in their place. */
public final class PlaceRules {
  private static final List<ClassName> OF_TENSORS =
      List.of(BitfoldNames.WEIGHT, BitfoldNames.BIAS, BitfoldNames.QUANTIZE);

  private final Language language;
  private final LayerDetector detector;

  /** Makes the rules, which need to distinguish layers from other classes. */
  public PlaceRules(Language language, LayerDetector detector) {
    this.language = language;
    this.detector = detector;
  }

  public void check(TypeElement type, Problems problems) {
    onLocalClasses(type, problems);
    AnnotationUse.all(type, BitfoldNames.NODES)
        .forEach(
            use ->
                misplaced(
                    use,
                    type.getSimpleName() + " names no ONNX file",
                    "add @QuantizeOnnx to an interface, or remove it",
                    problems));
    if (type.getKind() == ElementKind.ANNOTATION_TYPE) {
      onAnnotation(type, problems);
      return;
    }
    if (LayerDetector.isMixIn(type)) {
      onMixIn(type, problems);
    } else {
      onType(type, problems);
    }
    ElementFilter.fieldsIn(type.getEnclosedElements()).forEach(f -> onField(f, problems));
    ElementFilter.methodsIn(type.getEnclosedElements()).forEach(m -> onMethod(type, m, problems));
    ElementFilter.constructorsIn(type.getEnclosedElements())
        .forEach(c -> onConstructor(type, c, problems));
    if (!detector.isModel(type)) {
      componentAnnotations(type, problems);
    }
    scales(type, problems);
  }

  /** Checks the annotations that ask for scales, as far as their place alone tells. */
  private void scales(TypeElement type, Problems problems) {
    boolean layer = detector.isLayer(type) || LayerDetector.isMixIn(type);
    for (Element member : type.getEnclosedElements()) {
      if (member instanceof ExecutableElement method) {
        boolean takes =
            member.getKind() == ElementKind.CONSTRUCTOR
                || member.getSimpleName().contentEquals("forward");
        if (!layer || !takes) {
          method.getParameters().stream()
              .flatMap(parameter -> AnnotationUse.find(parameter, BitfoldNames.SCALE_OF).stream())
              .forEach(
                  use ->
                      misplaced(
                          use,
                          "only the constructor and forward of a layer take scales",
                          "remove it",
                          problems));
        }
      }
    }
  }

  private void onLocalClasses(TypeElement type, Problems problems) {
    for (LocalClasses.Use use :
        language.localClasses().in(type, a -> Language.isOurs(a) || detector.isRecipe(a))) {
      problems.add(
          ProblemId.LOCAL_CLASS,
          Place.inside(type, use.tree()),
          "@" + use.name(),
          use.owner().isEmpty() ? "an anonymous class" : use.owner());
    }
  }

  /** Checks an annotation type, which may be a recipe but cannot be anything else. */
  private void onAnnotation(TypeElement type, Problems problems) {
    AnnotationUse.find(type, BitfoldNames.QUANTIZE_MODEL)
        .ifPresent(use -> Eligibility.notAClass(type, use.place(), problems));
    AnnotationUse.find(type, BitfoldNames.IMPLEMENTATIONS)
        .ifPresent(
            use ->
                unusedComponent(
                    use, type, "an annotation type cannot be the type of a layer", problems));
    for (Element member : type.getEnclosedElements()) {
      if (!(member instanceof TypeElement)) {
        tensorAnnotations(member, "an annotation type has no tensors", "remove it", problems);
      }
    }
    componentAnnotations(type, problems);
  }

  private static void onMixIn(TypeElement type, Problems problems) {
    AnnotationUse.find(type, BitfoldNames.IMPLEMENTATIONS)
        .ifPresent(
            use -> unusedComponent(use, type, "a mix-in is of one concrete class", problems));
  }

  private void onType(TypeElement type, Problems problems) {
    Optional<AnnotationUse> quantizer = detector.classQuantizer(type);
    boolean concreteKind =
        type.getKind() == ElementKind.CLASS || type.getKind() == ElementKind.RECORD;
    if (!concreteKind) {
      quantizer
          .or(() -> detector.markedMember(type))
          .filter(use -> !detector.isModel(type)) // The model's reader says it.
          .ifPresent(use -> Eligibility.notAClass(type, use.place(), problems));
    } else if (detector.isModel(type)) {
      quantizer.ifPresent(
          use ->
              misplaced(
                  use,
                  type.getSimpleName() + " is a model",
                  "move it to the layer classes",
                  problems));
    } else if (type.getModifiers().contains(Modifier.ABSTRACT)) {
      quantizer.ifPresent(
          use ->
              problems.add(
                  ProblemId.ABSTRACT_CLASS, use.place(), type.getSimpleName(), use.label()));
    }
    listed(type, problems);
    boolean concrete = concreteKind && !type.getModifiers().contains(Modifier.ABSTRACT);
    if (concrete && !type.getModifiers().contains(Modifier.SEALED)) {
      AnnotationUse.find(type, BitfoldNames.IMPLEMENTATIONS)
          .filter(use -> type.getModifiers().contains(Modifier.FINAL))
          .ifPresent(
              use -> unusedComponent(use, type, type.getSimpleName() + " is final", problems));
    }
  }

  /**
   * Checks the classes that an interface or abstract class lists for all components of its type.
   */
  private void listed(TypeElement type, Problems problems) {
    AnnotationUse.find(type, BitfoldNames.IMPLEMENTATIONS)
        .ifPresent(
            use ->
                use.value("value").map(AnnotationValues::list).orElse(List.of()).stream()
                    .map(AnnotationValues::type)
                    .filter(listed -> !language.isSubclass(listed, type))
                    .forEach(
                        listed ->
                            problems.add(
                                ProblemId.IMPLEMENTATION,
                                use.place("value"),
                                TypeText.of(listed),
                                "is not a " + type.getSimpleName(),
                                "are of type " + type.getSimpleName())));
  }

  private void onField(VariableElement field, Problems problems) {
    if (field.getModifiers().contains(Modifier.STATIC)) {
      tensorAnnotations(field, "a static field does not belong to a layer", "remove it", problems);
    }
  }

  private void onMethod(TypeElement type, ExecutableElement method, Problems problems) {
    String name = method.getSimpleName().toString();
    if (!Members.isAccessor(method)) {
      tensorAnnotations(
          method,
          name + " is not an accessor",
          "move it to the tensor's field; for the output, write @Quantize(role = Role.OUTPUT) on"
              + " the class",
          problems);
    } else if (type.getKind() == ElementKind.RECORD) {
      ofRecord(type, method, name, problems);
    }
    for (VariableElement parameter : method.getParameters()) {
      for (ClassName tensor : List.of(BitfoldNames.WEIGHT, BitfoldNames.BIAS)) {
        AnnotationUse.find(parameter, tensor)
            .ifPresent(
                use ->
                    misplaced(
                        use,
                        "a method's parameter is not a weight of the layer",
                        "mark it @Input, or remove it",
                        problems));
      }
      if (!name.equals("forward")) {
        detector
            .recipesOn(parameter)
            .forEach(
                use ->
                    misplaced(
                        use,
                        "only the inputs of forward are quantized, and this is " + name,
                        "rename the method to forward, or remove it",
                        problems));
        for (ClassName input : List.of(BitfoldNames.INPUT, BitfoldNames.QUANTIZE)) {
          AnnotationUse.find(parameter, input)
              .ifPresent(
                  use ->
                      misplaced(
                          use,
                          "only the inputs of forward are quantized, and this is " + name,
                          "rename the method to forward, or remove it",
                          problems));
        }
      }
    }
  }

  private void onConstructor(TypeElement type, ExecutableElement constructor, Problems problems) {
    for (VariableElement parameter : constructor.getParameters()) {
      AnnotationUse.find(parameter, BitfoldNames.INPUT)
          .ifPresent(
              use ->
                  misplaced(
                      use,
                      "a constructor's parameter is not an input of forward",
                      "mark it @Weight, or remove it",
                      problems));
      if (type.getKind() == ElementKind.RECORD) {
        ofRecord(type, parameter, parameter.getSimpleName().toString(), problems);
      }
    }
  }

  /**
   * Reports annotations that the record component itself does not have, or has with other values.
   */
  private void ofRecord(TypeElement type, Element member, String name, Problems problems) {
    List<AnnotationUse> read =
        type.getRecordComponents().stream()
            .filter(component -> component.getSimpleName().contentEquals(name))
            .flatMap(component -> AnnotationUse.on(component).stream())
            .toList();
    List<AnnotationUse> written = new ArrayList<>(detector.recipesOn(member));
    OF_TENSORS.forEach(annotation -> written.addAll(AnnotationUse.all(member, annotation)));
    for (AnnotationUse use : written) {
      if (read.stream().noneMatch(use::says)) {
        boolean other = read.stream().anyMatch(r -> r.type().equals(use.type()));
        misplaced(
            use,
            "in a record, only annotations on its components are read"
                + (other ? ", and " + name + " has another " + use.label() : ""),
            other ? "keep one of the two, on the component" : "move it to the component " + name,
            problems);
      }
    }
  }

  private void componentAnnotations(TypeElement type, Problems problems) {
    StrayAnnotations.check(
        type,
        Set.of(),
        type.getSimpleName()
            + " is not a @QuantizeModel"
            + (detector.isLayer(type)
                ? "; a layer's tensor stays float if no @Quantize on it or on the class applies"
                : ""),
        problems);
    for (ExecutableElement constructor : ElementFilter.constructorsIn(type.getEnclosedElements())) {
      if (!detector.isLayer(type) && !LayerDetector.isMixIn(type)) {
        AnnotationUse.find(constructor, BitfoldNames.QUANTIZE_CREATOR)
            .ifPresent(
                use ->
                    problems.add(
                        ProblemId.CREATOR,
                        use.place(),
                        type.getSimpleName(),
                        type.getSimpleName() + " is neither a layer nor a model",
                        "remove it"));
      }
    }
  }

  private void tensorAnnotations(Element element, String why, String fix, Problems problems) {
    OF_TENSORS.forEach(
        annotation ->
            AnnotationUse.find(element, annotation)
                .ifPresent(use -> misplaced(use, why, fix, problems)));
    detector.recipesOn(element).forEach(use -> misplaced(use, why, fix, problems));
  }

  private static void unusedComponent(
      AnnotationUse use, Element element, String why, Problems problems) {
    problems.add(
        ProblemId.COMPONENT_ANNOTATION_UNUSED,
        use.place(),
        use.label(),
        element.getSimpleName(),
        why);
  }

  private static void misplaced(AnnotationUse use, String why, String fix, Problems problems) {
    problems.add(ProblemId.MISPLACED, use.place(), use.label(), why, fix);
  }
}
