package dev.bitfold.processor.reader.onnx;

import dev.bitfold.descriptor.NearestName;
import dev.bitfold.descriptor.PathPattern;
import dev.bitfold.internal.graph.OnnxStructure;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.onnx.FileLayers;
import dev.bitfold.processor.onnx.OnnxFiles;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.RecipeUse;
import dev.bitfold.processor.reader.Recipes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.lang.model.element.AnnotationValue;
import javax.lang.model.element.TypeElement;

/** Reads an interface that stands for an ONNX file, and the file. */
public final class OnnxReader {
  private static final String NO_RECIPE = "java.lang.annotation.Annotation";

  private final Language language;
  private final Recipes recipes;
  private final OnnxFiles files;
  private final Problems problems = new Problems();

  /** Makes a reader that looks for files there. */
  public OnnxReader(Language language, OnnxFiles files) {
    this.language = language;
    this.recipes = new Recipes(language);
    this.files = files;
  }

  /** Reads an interface; nothing if there is no file, which is reported. */
  public Reading<DeclaredOnnx> read(TypeElement type) {
    AnnotationUse use = AnnotationUse.find(type, BitfoldNames.QUANTIZE_ONNX).orElseThrow();
    String resource = use.text("value");
    Optional<DeclaredOnnx> declared =
        file(type, use, resource)
            .map(
                file ->
                    new DeclaredOnnx(
                        type,
                        use,
                        resource,
                        file,
                        FileLayers.of(file),
                        AnnotationUse.all(type, BitfoldNames.QUANTIZE).stream()
                            .map(DescriptorReader::read)
                            .toList(),
                        recipes.read(type),
                        AnnotationUse.find(type, BitfoldNames.SMOOTH_QUANT),
                        AnnotationUse.all(type, BitfoldNames.NODES).stream()
                            .map(this::nodes)
                            .toList()));
    return new Reading<>(declared, problems);
  }

  private Optional<OnnxStructure> file(TypeElement type, AnnotationUse use, String resource) {
    String folder = language.packageOf(type).replace('.', '/');
    String beside = folder.isEmpty() ? "" : folder + "/";
    boolean fromRoot = resource.startsWith("/");
    String path = fromRoot ? resource.substring(1) : beside + resource;
    OnnxFiles.Found found = files.find(path);
    if (found instanceof OnnxFiles.Read read) {
      return Optional.of(read.structure());
    } else if (found instanceof OnnxFiles.Unreadable bad) {
      problems.add(
          ProblemId.ONNX_NOT_READ,
          use.place("value"),
          type.getSimpleName(),
          resource,
          bad.where(),
          bad.problem());
    } else if (found instanceof OnnxFiles.Missing missing) {
      String other = fromRoot ? beside + path : resource;
      boolean there = !other.equals(path) && !(files.find(other) instanceof OnnxFiles.Missing);
      problems.add(
          ProblemId.ONNX_NOT_FOUND,
          use.place("value"),
          type.getSimpleName(),
          resource,
          path,
          String.join(", ", missing.places()),
          there
              ? "did you mean \"" + (fromRoot ? path : "/" + resource) + "\"?"
              : remedy(resource, beside));
    }
    return Optional.empty();
  }

  private String remedy(String resource, String beside) {
    return NearestName.to(resource, files.others())
        .map(near -> "did you mean \"" + near + "\"?")
        .orElse(
            "names are relative to the package, "
                + (beside.isEmpty() ? "the root" : beside)
                + ", or begin with /; a build that copies resources elsewhere names their folder:"
                + " -A"
                + OnnxFiles.OPTION
                + "=src/main/resources");
  }

  private DeclaredNodes nodes(AnnotationUse use) {
    List<DeclaredNodes.Pattern> patterns = new ArrayList<>();
    for (AnnotationValue value : list(use, "value")) {
      patterns.add(
          new DeclaredNodes.Pattern(
              PathPattern.of(AnnotationValues.text(value)),
              new Place(use.element(), use.mirror(), value)));
    }
    return new DeclaredNodes(
        use,
        patterns,
        use.value("skip").map(AnnotationValues::flag).orElse(false),
        recipe(use),
        list(use, "quantize").stream().map(value -> quantizer(use, value)).toList(),
        list(use, "smoothQuant").stream()
            .map(value -> new AnnotationUse(use.element(), AnnotationValues.annotation(value)))
            .toList());
  }

  private static List<? extends AnnotationValue> list(AnnotationUse use, String name) {
    return use.value(name).map(AnnotationValues::list).orElse(List.of());
  }

  private static QuantizerUse quantizer(AnnotationUse use, AnnotationValue value) {
    return DescriptorReader.read(
        new AnnotationUse(use.element(), AnnotationValues.annotation(value)));
  }

  private Optional<RecipeUse> recipe(AnnotationUse use) {
    Optional<TypeElement> type =
        use.value("recipe").map(AnnotationValues::type).flatMap(Language::declared);
    if (type.isEmpty() || type.get().getQualifiedName().contentEquals(NO_RECIPE)) {
      return Optional.empty();
    }
    if (!recipes.isRecipe(type.get())) {
      problems.add(
          ProblemId.NODES_ELEMENTS,
          use.place("recipe"),
          "@" + type.get().getSimpleName() + " is no recipe",
          "name an annotation with @Quantize on it, such as Int8.class");
      return Optional.empty();
    }
    return Optional.of(new RecipeUse(use, recipes.declared(type.get())));
  }
}
