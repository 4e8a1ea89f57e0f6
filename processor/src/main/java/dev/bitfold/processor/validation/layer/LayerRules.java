package dev.bitfold.processor.validation.layer;

import dev.bitfold.descriptor.GraphRules;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.reader.RecipeUse;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.DeclaredTensor;
import dev.bitfold.processor.reader.layer.QuantizerChoice;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;

/** Checks layers. */
final class LayerRules {
  private static final String TYPE_METHOD = "type";
  private static final String OUTPUT = "output";

  private final Language language;

  LayerRules(Language language) {
    this.language = language;
  }

  /** Checks a layer. */
  void check(DeclaredLayer declared, LayerModel layer, Problems problems) {
    TypeElement type = declared.type();
    names(declared, problems);
    reservedMethod(type, layer, problems);
    constructorCalls(type, layer, problems);
    if (layer.shape() instanceof LayerShape.Wrapper) {
      new WrapperRules(language).check(declared, problems);
    }
    if (layer.variables()) {
      graph(declared, problems);
    }
  }

  private static void names(DeclaredLayer layer, Problems problems) {
    // The result has a name, whether or not it is quantized.
    Set<String> names = new HashSet<>(Set.of(OUTPUT));
    layer
        .allTensors()
        .filter(tensor -> !names.add(tensor.name()))
        .forEach(
            tensor ->
                problems.add(
                    ProblemId.TENSOR_NAME_TWICE,
                    tensor.place(),
                    layer.type().getSimpleName(),
                    tensor.name()));
  }

  private void reservedMethod(TypeElement type, LayerModel layer, Problems problems) {
    boolean wrapper = layer.shape() instanceof LayerShape.Wrapper;
    if (layer.shape() instanceof LayerShape.Rebuilt) {
      return;
    }
    ElementFilter.methodsIn(language.elements().getAllMembers(type)).stream()
        .filter(m -> m.getSimpleName().contentEquals(TYPE_METHOD) && m.getParameters().isEmpty())
        .filter(
            m ->
                !wrapper
                    || language.interfaces(type).stream()
                        .flatMap(
                            i ->
                                ElementFilter.methodsIn(i.asElement().getEnclosedElements())
                                    .stream())
                        .anyMatch(i -> i.equals(m) || language.elements().overrides(m, i, type)))
        .forEach(m -> problems.add(ProblemId.RESERVED_METHOD, Place.at(m), type.getSimpleName()));
  }

  private void constructorCalls(TypeElement type, LayerModel layer, Problems problems) {
    if (layer.shape() instanceof LayerShape.Subclass && layer.forward().isPresent()) {
      String forward = layer.forward().get().method().name();
      for (TypeElement owner : language.chain(type)) {
        ElementFilter.constructorsIn(owner.getEnclosedElements()).stream()
            .filter(constructor -> language.bodies().reaches(constructor, forward))
            .findFirst()
            .ifPresent(
                constructor ->
                    problems.add(
                        ProblemId.CONSTRUCTOR_CALLS_FORWARD,
                        Place.at(constructor),
                        owner.getSimpleName()));
      }
    }
  }

  private static void graph(DeclaredLayer layer, Problems problems) {
    TypeElement type = layer.type();
    if (layer.smoothQuant().isPresent()) {
      problems.add(ProblemId.GRAPH_SMOOTHED, smoothing(layer), type.getSimpleName());
    }
    QuantizerChoice quantizers = new QuantizerChoice(layer);
    layer
        .allTensors()
        .forEach(
            tensor ->
                quantizers
                    .of(tensor)
                    .flatMap(QuantizerUse::descriptor)
                    .ifPresent(d -> graph(type, tensor.name(), d, tensor.place(), problems)));
    quantizers
        .output()
        .flatMap(QuantizerUse::descriptor)
        .ifPresent(d -> graph(type, OUTPUT, d, Place.at(type), problems));
  }

  private static void graph(
      TypeElement type, String name, QuantDescriptor descriptor, Place place, Problems problems) {
    GraphRules.refusal(descriptor)
        .ifPresent(
            why ->
                problems.add(
                    ProblemId.GRAPH_DESCRIPTOR,
                    place,
                    type.getSimpleName(),
                    name,
                    descriptor,
                    why));
  }

  /** Checks that SmoothQuant has exactly one input and a weight to move a scale between. */
  void checkSmoothQuant(DeclaredLayer layer, Problems problems) {
    if (!layer.variables() && layer.smoothQuant().isPresent()) {
      smoothable(layer, "input", layer.inputs(), 'C', "@Input(layout = \"…C\")", problems);
      smoothable(layer, "weight", layer.tensors(), 'I', "@Weight(layout = \"OI\")", problems);
    }
  }

  private static void smoothable(
      DeclaredLayer layer,
      String kind,
      List<DeclaredTensor> tensors,
      char channel,
      String example,
      Problems problems) {
    QuantizerChoice quantizers = new QuantizerChoice(layer);
    List<DeclaredTensor> quantized =
        tensors.stream().filter(t -> quantizers.of(t).isPresent()).toList();
    String found;
    String fix;
    if (quantized.isEmpty()) {
      found = "is none";
      fix = "quantize one, or remove @SmoothQuant";
    } else if (quantized.size() > 1 || quantized.get(0).several()) {
      found =
          "are several: "
              + quantized.stream()
                  .map(t -> t.name() + (t.several() ? "[i]" : ""))
                  .collect(Collectors.joining(", "));
      fix = "remove @SmoothQuant: their channels would need different scales";
    } else if (!quantized.get(0).layout().has(channel)) {
      found =
          "is " + quantized.get(0).name() + ", whose layout does not name the channel " + channel;
      fix = "add the layout: " + example;
    } else {
      return;
    }
    problems.add(
        ProblemId.SMOOTH_TENSORS, smoothing(layer), layer.type().getSimpleName(), kind, found, fix);
  }

  /** Returns the place of the annotation that asks for SmoothQuant. */
  private static Place smoothing(DeclaredLayer layer) {
    return layer
        .ownSmoothQuant()
        .or(() -> layer.recipe().map(RecipeUse::use))
        .map(AnnotationUse::place)
        .orElse(Place.at(layer.type()));
  }
}
