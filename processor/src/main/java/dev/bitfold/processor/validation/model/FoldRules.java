package dev.bitfold.processor.validation.model;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.model.TensorModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.model.DeclaredComponent;
import dev.bitfold.processor.reader.model.DeclaredModel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.TypeElement;

/**
 * Checks {@code @SmoothInto}: its paths must name consumers, and a scale must be foldable into the
 * component.
 */
final class FoldRules {
  private final ConsumerPaths paths;

  FoldRules(ConsumerPaths paths) {
    this.paths = paths;
  }

  /** Checks the folds of a model. */
  void check(DeclaredModel model, Problems problems) {
    Map<String, String> sources = new LinkedHashMap<>();
    for (DeclaredComponent component : model.components()) {
      List<AnnotationUse> uses = component.declarations().annotations(BitfoldNames.SMOOTH_INTO);
      if (!uses.isEmpty()) {
        fold(model, component, uses.get(0), sources, problems);
      }
      uses.stream()
          .skip(1)
          .forEach(
              use ->
                  problems.add(
                      ProblemId.NOTHING_TO_FOLD,
                      use.place(),
                      component.name(),
                      "another declaration of the component has one already",
                      "list all consumers in one of them"));
    }
  }

  private void fold(
      DeclaredModel model,
      DeclaredComponent source,
      AnnotationUse use,
      Map<String, String> sources,
      Problems problems) {
    source(source, use, problems);
    List<? extends AnnotationValue> values =
        use.value("value").map(AnnotationValues::list).orElse(List.of());
    Map<String, LayerModel> consumers = new LinkedHashMap<>();
    for (AnnotationValue value : values) {
      Place place = new Place(use.element(), use.mirror(), value);
      String path = AnnotationValues.text(value);
      String other = sources.putIfAbsent(path, source.name());
      if (other != null) {
        problems.add(
            ProblemId.CONSUMER_TWICE,
            place,
            path,
            other.equals(source.name())
                ? "is listed twice"
                : "is listed by " + other + " already, and can take over only one scale",
            "keep one of the two");
      } else {
        consumer(model, source, path, place, problems)
            .ifPresent(layer -> consumers.put(path, layer));
      }
    }
    if (consumers.size() == values.size()) {
      smoothing(source, use, consumers, problems);
    }
  }

  /**
   * Returns the layer that a path names, or the first of several classes; empty if the path is
   * refused.
   */
  private Optional<LayerModel> consumer(
      DeclaredModel model, DeclaredComponent source, String path, Place place, Problems problems) {
    Map<TypeElement, Optional<LayerModel>> classes;
    try {
      classes = paths.layers(path, model);
    } catch (ConsumerPaths.NoLayerException e) {
      problems.add(e.id(), place, path, e.what(), e.fix());
      return Optional.empty();
    }
    if (path.equals(source.name())) {
      problems.add(
          ProblemId.NOT_A_CONSUMER, place, path, "is the component itself", "list what reads it");
      return Optional.empty();
    }
    Optional<LayerModel> first = Optional.empty();
    for (Map.Entry<TypeElement, Optional<LayerModel>> choice : classes.entrySet()) {
      TypeElement type = choice.getKey();
      Optional<LayerModel> layer = choice.getValue();
      if (layer.isEmpty()) {
        return Optional.empty(); // Its own problems are reported with it.
      }
      boolean takesScale =
          layer.get().tensors().stream()
              .anyMatch(t -> t.kind() == TensorKind.WEIGHT && t.layout().has('I'));
      if (!takesScale) {
        problems.add(
            ProblemId.NOT_A_CONSUMER,
            place,
            path,
            "is "
                + TypeText.withArticle(type.getSimpleName().toString())
                + ", and none of its weights has the letter I in its layout",
            "list layers whose weights can take over the scale, such as @Weight(layout = \"OI\")");
        return Optional.empty();
      }
      first = first.or(() -> layer);
    }
    return first;
  }

  /** Checks that the consumers have one alpha, and that at least one of them asks for smoothing. */
  private static void smoothing(
      DeclaredComponent source,
      AnnotationUse use,
      Map<String, LayerModel> consumers,
      Problems problems) {
    Map<Alpha, String> alphas = new LinkedHashMap<>();
    consumers.forEach((path, layer) -> alphas.putIfAbsent(layer.alpha(), path));
    alphas.remove(Alpha.off());
    if (consumers.isEmpty() || alphas.isEmpty()) {
      problems.add(
          ProblemId.NOTHING_TO_FOLD,
          use.place("value"),
          source.name(),
          consumers.isEmpty()
              ? "it lists no consumer"
              : "none of the layers that it lists has @SmoothQuant",
          consumers.isEmpty()
              ? "list the layers that read " + source.name()
              : "annotate the class of a consumer with @SmoothQuant");
    } else if (alphas.size() > 1) {
      problems.add(
          ProblemId.CONSUMERS_DIFFER,
          use.place("value"),
          source.name(),
          alphas.entrySet().stream()
              .map(a -> a.getValue() + " has alpha " + a.getKey())
              .collect(Collectors.joining(", ")));
    }
  }

  /** Checks that a scale can be folded into the component, whichever of its classes it is. */
  private void source(DeclaredComponent source, AnnotationUse use, Problems problems) {
    if (source.declarations().annotation(BitfoldNames.SKIP_QUANTIZE).isPresent()) {
      notFoldable(
          source, use, "@SkipQuantize keeps it as it is", "remove one of the two", problems);
      return;
    }
    Map<TypeElement, Optional<LayerModel>> classes = new LinkedHashMap<>();
    try {
      classes.putAll(paths.layers(source));
    } catch (ConsumerPaths.NoLayerException e) {
      notFoldable(
          source,
          use,
          "it " + e.what(),
          "put it on the component whose output the consumers read",
          problems);
      return;
    }
    classes.forEach(
        (type, layer) -> layer.ifPresent(l -> foldable(source, use, type, l, problems)));
  }

  private static void foldable(
      DeclaredComponent source,
      AnnotationUse use,
      TypeElement type,
      LayerModel layer,
      Problems problems) {
    if (layer.tensors().isEmpty()) {
      notFoldable(
          source,
          use,
          type.getSimpleName() + " has no @Weight or @Bias",
          "put it on the layer before: whatever stands between source and consumers need not be named",
          problems);
      return;
    }
    for (TensorModel tensor : layer.tensors()) {
      Layout layout = tensor.layout();
      if (!layout.has('O') && !layout.has('C')) {
        notFoldable(
            source,
            use,
            "the layout of "
                + type.getSimpleName()
                + "'s "
                + tensor.name()
                + (layout.isUnknown() ? " is not known" : ", " + layout + ", has neither O nor C"),
            "name its output channels, such as @Weight(layout = \"OI\") or @Bias(layout = \"C\")",
            problems);
        return;
      }
    }
  }

  private static void notFoldable(
      DeclaredComponent source, AnnotationUse use, String why, String fix, Problems problems) {
    problems.add(ProblemId.NOT_FOLDABLE, use.place(), source.name(), why, fix);
  }
}
