package dev.bitfold.processor.reader.model;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.model.TensorKind;
import dev.bitfold.processor.model.TensorModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.TypeText;
import dev.bitfold.processor.reader.layer.LayerReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;

/** Reads {@code @SmoothInto}: which layers read a component, and whether it can be folded into. */
final class SmoothIntoReader {
  private final LayerReader layers;
  private final ConsumerPaths paths;

  SmoothIntoReader(LayerReader layers, ConsumerPaths paths) {
    this.layers = layers;
    this.paths = paths;
  }

  /** A component and its type. */
  record Part(ComponentSite site, TypeMirror type) {
    private ConsumerPaths.Step step() {
      return new ConsumerPaths.Step(type, site.declarations());
    }
  }

  /** The folds of a model; what is wrong with them is reported. */
  List<ModelModel.Fold> read(TypeElement model, List<Part> parts) {
    Map<String, ConsumerPaths.Step> components = new LinkedHashMap<>();
    parts.forEach(part -> components.put(part.site().name(), part.step()));
    List<ModelModel.Fold> folds = new ArrayList<>();
    Map<String, String> sources = new LinkedHashMap<>();
    for (Part part : parts) {
      List<AnnotationUse> uses = part.site().annotations(BitfoldNames.SMOOTH_INTO);
      if (!uses.isEmpty()) {
        folds.add(fold(model, part, uses.get(0), components, sources));
      }
      uses.stream().skip(1).forEach(use -> second(part.site(), use));
    }
    return folds;
  }

  private static void second(ComponentSite site, AnnotationUse use) {
    site.problems()
        .add(
            ProblemId.NOTHING_TO_FOLD,
            use.place(),
            site.name(),
            "another one stands where the component is declared as well",
            "list all readers in one");
  }

  private ModelModel.Fold fold(
      TypeElement model,
      Part part,
      AnnotationUse use,
      Map<String, ConsumerPaths.Step> components,
      Map<String, String> sources) {
    ComponentSite site = part.site();
    source(part, use);
    List<? extends AnnotationValue> values =
        use.value("value").map(AnnotationValues::list).orElse(List.of());
    List<String> readers = new ArrayList<>();
    Map<String, LayerModel> known = new LinkedHashMap<>();
    for (AnnotationValue value : values) {
      Place place = new Place(use.element(), use.mirror(), value);
      String path = AnnotationValues.text(value);
      readers.add(path);
      String other = sources.putIfAbsent(path, site.name());
      if (other != null) {
        site.problems()
            .add(
                ProblemId.READER_TWICE,
                place,
                path,
                other.equals(site.name())
                    ? "is listed twice"
                    : "is listed by " + other + " already, and can take over one scale",
                "keep one of the two");
        continue;
      }
      reader(model, site, path, place, components).ifPresent(layer -> known.put(path, layer));
    }
    if (known.size() == values.size()) {
      smoothing(site, use, known);
    }
    return new ModelModel.Fold(site.name(), readers);
  }

  /** The layer that a path names, the first of several classes; empty if it is no reader. */
  private Optional<LayerModel> reader(
      TypeElement model,
      ComponentSite site,
      String path,
      Place place,
      Map<String, ConsumerPaths.Step> components) {
    Set<TypeElement> classes;
    try {
      classes = paths.layers(path, components, model);
    } catch (ConsumerPaths.NoLayerException e) {
      site.problems().add(e.id(), place, path, e.what(), e.fix());
      return Optional.empty();
    }
    if (path.equals(site.name())) {
      notAReader(site.problems(), place, path, "is the component itself", "list what reads it");
      return Optional.empty();
    }
    Optional<LayerModel> first = Optional.empty();
    for (TypeElement type : classes) {
      Optional<LayerModel> layer = layers.read(type).model();
      if (layer.isEmpty()) {
        return Optional.empty(); // Its own problems are reported with it.
      }
      boolean takesScale =
          layer.get().tensors().stream()
              .anyMatch(t -> t.kind() == TensorKind.WEIGHT && t.layout().has('I'));
      if (!takesScale) {
        notAReader(
            site.problems(),
            place,
            path,
            "is "
                + TypeText.withArticle(type.getSimpleName().toString())
                + ", no weight of which has the letter I in its layout",
            "list layers whose weights can take the scale over, as @Weight(layout = \"OI\")");
        return Optional.empty();
      }
      first = first.or(() -> layer);
    }
    return first;
  }

  private static void notAReader(
      Problems problems, Place place, String path, String why, String fix) {
    problems.add(ProblemId.NOT_A_READER, place, path, why, fix);
  }

  /** One scale needs one alpha, and somebody who wants it. */
  private static void smoothing(
      ComponentSite site, AnnotationUse use, Map<String, LayerModel> readers) {
    Map<Alpha, String> alphas = new LinkedHashMap<>();
    readers.forEach((path, layer) -> alphas.putIfAbsent(layer.alpha(), path));
    alphas.remove(Alpha.off());
    if (readers.isEmpty() || alphas.isEmpty()) {
      site.problems()
          .add(
              ProblemId.NOTHING_TO_FOLD,
              use.place("value"),
              site.name(),
              readers.isEmpty() ? "it lists no reader" : "no layer that it lists has @SmoothQuant",
              readers.isEmpty()
                  ? "list the layers that read " + site.name()
                  : "annotate the class of a reader with @SmoothQuant");
    } else if (alphas.size() > 1) {
      site.problems()
          .add(
              ProblemId.READERS_DIFFER,
              use.place("value"),
              site.name(),
              alphas.entrySet().stream()
                  .map(a -> a.getValue() + " has alpha " + a.getKey())
                  .collect(Collectors.joining(", ")));
    }
  }

  /** Checks that the component can be folded into, whatever class it is of. */
  private void source(Part part, AnnotationUse use) {
    ComponentSite site = part.site();
    if (site.annotation(BitfoldNames.SKIP_QUANTIZE).isPresent()) {
      notFoldable(site, use, "@SkipQuantize keeps it as it is", "take one of the two off");
      return;
    }
    Set<TypeElement> classes = new LinkedHashSet<>();
    try {
      classes.addAll(paths.layers(part.step()));
    } catch (ConsumerPaths.NoLayerException e) {
      notFoldable(
          site, use, "it " + e.what(), "put it on the component whose output the readers see");
      return;
    }
    for (TypeElement type : classes) {
      layers.read(type).model().ifPresent(layer -> foldable(site, use, type, layer));
    }
  }

  private static void foldable(
      ComponentSite site, AnnotationUse use, TypeElement type, LayerModel layer) {
    if (layer.tensors().isEmpty()) {
      notFoldable(
          site,
          use,
          type.getSimpleName() + " has no @Weight or @Bias",
          "put it on the layer before: what stands between source and readers needs no mention");
      return;
    }
    for (TensorModel tensor : layer.tensors()) {
      Layout layout = tensor.layout();
      if (!layout.has('O') && !layout.has('C')) {
        notFoldable(
            site,
            use,
            "the layout of "
                + type.getSimpleName()
                + "'s "
                + tensor.name()
                + (layout.isUnknown() ? " is not known" : ", " + layout + ", has neither O nor C"),
            "name its output channels, as @Weight(layout = \"OI\") or @Bias(layout = \"C\")");
        return;
      }
    }
  }

  private static void notFoldable(ComponentSite site, AnnotationUse use, String why, String fix) {
    site.problems().add(ProblemId.NOT_FOLDABLE, use.place(), site.name(), why, fix);
  }
}
