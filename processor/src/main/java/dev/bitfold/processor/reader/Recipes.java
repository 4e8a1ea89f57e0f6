package dev.bitfold.processor.reader;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.AnnotationValues;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.names.BitfoldNames;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;

/** Annotation types that stand for the {@code @Quantize}s they carry. */
public final class Recipes {
  private final Language language;
  private final SourceTypes sources;

  /** With the classes that are being compiled, whose recipes report their own problems. */
  public Recipes(Language language, SourceTypes sources) {
    this.language = language;
    this.sources = sources;
  }

  /**
   * What a recipe says.
   *
   * @param quantizers one for each role that it quantizes
   * @param smoothQuant its {@code @SmoothQuant}
   */
  public record Content(Map<Role, QuantizerUse> quantizers, Optional<AnnotationUse> smoothQuant) {}

  /** The recipes that stand on an element. */
  public List<AnnotationUse> on(Element element) {
    return AnnotationUse.on(element).stream()
        .filter(use -> !use.isUnresolved() && isRecipe(use.type()))
        .toList();
  }

  /** Whether an annotation type is a recipe. */
  public boolean isRecipe(TypeElement annotation) {
    return isRecipe(annotation, new HashSet<>());
  }

  private boolean isRecipe(TypeElement annotation, Set<String> seen) {
    if (annotation.getKind() != ElementKind.ANNOTATION_TYPE
        || language.isPlatform(annotation)
        || !seen.add(annotation.getQualifiedName().toString())) {
      return false;
    }
    return AnnotationUse.on(annotation).stream()
        .filter(use -> !use.isUnresolved())
        .anyMatch(
            use ->
                use.is(BitfoldNames.QUANTIZE)
                    || use.is(BitfoldNames.SMOOTH_QUANT)
                    || isRecipe(use.type(), seen));
  }

  /** What a recipe says where it is used; its quantizers point at the use. */
  public Content used(AnnotationUse recipe, Problems problems) {
    Problems own = new Problems();
    Content content = declared(recipe.type(), own);
    boolean reportedThere = sources.contains(recipe.type());
    if (!reportedThere) {
      own.list().forEach(problem -> problems.add(problem.at(recipe.place())));
    }
    Map<Role, QuantizerUse> quantizers = new EnumMap<>(Role.class);
    content.quantizers().forEach((role, use) -> quantizers.put(role, use.through(recipe)));
    return new Content(quantizers, content.smoothQuant());
  }

  /** What a recipe says where it is declared. */
  public Content declared(TypeElement recipe, Problems problems) {
    return declared(recipe, problems, new LinkedHashSet<>());
  }

  private Content declared(TypeElement recipe, Problems problems, Set<String> path) {
    String name = "@" + recipe.getSimpleName();
    path.add(name);
    Map<Role, QuantizerUse> quantizers = new EnumMap<>(Role.class);
    for (AnnotationUse use : AnnotationUse.all(recipe, BitfoldNames.QUANTIZE)) {
      QuantizerUse quantizer = DescriptorReader.read(use, name, problems);
      if (quantizers.putIfAbsent(quantizer.role(), quantizer) != null) {
        problems.add(ProblemId.ROLE_TWICE, use.place("role"), name, quantizer.role());
      }
    }
    Optional<AnnotationUse> smoothQuant = AnnotationUse.find(recipe, BitfoldNames.SMOOTH_QUANT);
    alpha(smoothQuant, problems);
    List<AnnotationUse> nested = on(recipe);
    if (nested.size() > 1) {
      AnnotationUse second = nested.get(1);
      problems.add(
          ProblemId.TWO_RECIPES, second.place(), name, nested.get(0).label(), second.label());
    } else if (!nested.isEmpty()) {
      AnnotationUse use = nested.get(0);
      if (path.contains(use.label())) {
        problems.add(
            ProblemId.RECIPE_CYCLE,
            use.place(),
            name,
            String.join(" carries ", path) + " carries " + use.label());
      } else {
        Content inner = declared(use.type(), new Problems(), path);
        inner.quantizers().forEach(quantizers::putIfAbsent);
        smoothQuant = smoothQuant.or(inner::smoothQuant);
      }
    }
    return new Content(quantizers, smoothQuant);
  }

  /**
   * Returns the alpha of a {@code @SmoothQuant}: off if there is none, searched if it names none or
   * one that is reported.
   */
  public static Alpha alpha(Optional<AnnotationUse> smoothQuant, Problems problems) {
    return smoothQuant.map(use -> alpha(use, problems)).orElse(Alpha.off());
  }

  private static Alpha alpha(AnnotationUse use, Problems problems) {
    double alpha = use.value("alpha").map(AnnotationValues::number).orElse(Double.NaN);
    if (Double.isNaN(alpha)) {
      return Alpha.searched();
    }
    try {
      return Alpha.of(alpha);
    } catch (IllegalArgumentException e) {
      problems.add(ProblemId.SMOOTH_ALPHA, use.place("alpha"), alpha);
      return Alpha.searched();
    }
  }
}
