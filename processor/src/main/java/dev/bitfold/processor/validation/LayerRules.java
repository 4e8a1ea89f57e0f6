package dev.bitfold.processor.validation;

import dev.bitfold.descriptor.GraphRules;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.LayerShape;
import dev.bitfold.processor.model.TensorModel;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;

/** The rules of layers. */
final class LayerRules {
  private static final String TYPE_METHOD = "type";
  private static final String OUTPUT = "output";

  private final Language language;

  LayerRules(Language language) {
    this.language = language;
  }

  /**
   * Checks a layer.
   *
   * @param readable whether nothing was wrong with it until now; rules that would only repeat
   *     earlier problems in other words are left out otherwise
   */
  void check(TypeElement type, LayerModel layer, boolean readable, Problems problems) {
    names(type, layer, problems);
    reservedMethod(type, layer, problems);
    constructorCalls(type, layer, problems);
    if (layer.variables()) {
      graph(type, layer, problems);
    } else if (readable && !layer.alpha().isOff()) {
      smoothQuant(type, layer, problems);
    }
  }

  private static void names(TypeElement type, LayerModel layer, Problems problems) {
    // The result has a name too, whether it is quantized or not.
    Set<String> names = new HashSet<>(Set.of(OUTPUT));
    List<TensorModel> tensors = new ArrayList<>(layer.tensors());
    tensors.addAll(layer.inputs());
    for (TensorModel tensor : tensors) {
      if (!names.add(tensor.name())) {
        problems.add(
            ProblemId.TENSOR_NAME_TWICE, tensor.place(), type.getSimpleName(), tensor.name());
      }
    }
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

  private static void graph(TypeElement type, LayerModel layer, Problems problems) {
    if (!layer.alpha().isOff()) {
      problems.add(ProblemId.GRAPH_SMOOTHED, smoothing(type, layer), type.getSimpleName());
    }
    List<TensorModel> tensors = new ArrayList<>(layer.tensors());
    tensors.addAll(layer.inputs());
    for (TensorModel tensor : tensors) {
      tensor.descriptor().ifPresent(d -> graph(type, tensor.name(), d, tensor.place(), problems));
    }
    layer.output().ifPresent(d -> graph(type, OUTPUT, d, Place.at(type), problems));
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

  private static void smoothQuant(TypeElement type, LayerModel layer, Problems problems) {
    smoothable(type, layer, "input", layer.inputs(), 'C', "@Input(layout = \"…C\")", problems);
    smoothable(type, layer, "weight", layer.tensors(), 'I', "@Weight(layout = \"OI\")", problems);
  }

  private static void smoothable(
      TypeElement type,
      LayerModel layer,
      String kind,
      List<TensorModel> tensors,
      char channel,
      String example,
      Problems problems) {
    List<TensorModel> quantized = tensors.stream().filter(t -> t.descriptor().isPresent()).toList();
    String found;
    String fix;
    if (quantized.isEmpty()) {
      found = "is none";
      fix = "quantize it, or take @SmoothQuant off";
    } else if (quantized.size() > 1 || quantized.get(0).several()) {
      found =
          "are several: "
              + quantized.stream()
                  .map(t -> t.name() + (t.several() ? "[i]" : ""))
                  .collect(Collectors.joining(", "));
      fix = "take @SmoothQuant off: their channels would need different scales";
    } else if (!quantized.get(0).layout().has(channel)) {
      found =
          "is " + quantized.get(0).name() + ", whose layout does not name the channel " + channel;
      fix = "add the layout, as " + example;
    } else {
      return;
    }
    problems.add(
        ProblemId.SMOOTH_TENSORS, smoothing(type, layer), type.getSimpleName(), kind, found, fix);
  }

  private static Place smoothing(TypeElement type, LayerModel layer) {
    return AnnotationUse.find(type, BitfoldNames.SMOOTH_QUANT)
        .map(AnnotationUse::place)
        .orElseGet(() -> recipe(type, layer));
  }

  private static Place recipe(TypeElement type, LayerModel layer) {
    return layer
        .recipe()
        .flatMap(recipe -> AnnotationUse.find(type, recipe))
        .map(AnnotationUse::place)
        .orElse(Place.at(type));
  }
}
