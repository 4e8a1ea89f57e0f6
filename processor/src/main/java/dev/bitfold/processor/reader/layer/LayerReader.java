package dev.bitfold.processor.reader.layer;

import dev.bitfold.annotations.Role;
import dev.bitfold.processor.descriptor.DescriptorReader;
import dev.bitfold.processor.descriptor.QuantizerUse;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.Unresolved;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.reader.Eligibility;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.RecipeUse;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.creator.Creation;
import dev.bitfold.processor.reader.creator.CreatorReader;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.ExecutableElement;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;

/** Reads what layer classes declare. */
final class LayerReader {
  private final Language language;
  private final Recipes recipes;

  LayerReader(Language language, Recipes recipes) {
    this.language = language;
    this.recipes = recipes;
  }

  Reading<DeclaredLayer> read(TypeElement type) {
    Problems problems = new Problems();
    if (!Eligibility.check(language, type, problems)) {
      return new Reading<>(Optional.empty(), problems);
    }
    Members members = new Members(language, type);
    TensorAnnotations annotations = new TensorAnnotations(recipes, problems);
    TensorReader tensors = new TensorReader(language, type, annotations, problems);
    Creation creation = new CreatorReader(language, type, members).read();
    List<QuantizerUse> quantizers =
        AnnotationUse.all(language.home(type), BitfoldNames.QUANTIZE).stream()
            .map(DescriptorReader::read)
            .toList();
    List<RecipeUse> used = recipes.read(language.home(type));
    boolean quantizesOutput =
        quantizers.stream().anyMatch(quantizer -> quantizer.role() == Role.OUTPUT)
            || used.stream().limit(1).anyMatch(r -> r.byRole().containsKey(Role.OUTPUT));

    List<ExecutableElement> methods = methods(type, members);
    ForwardReader forwardReader = new ForwardReader(language, annotations, problems);
    List<DeclaredForward> forwards = forwardReader.read(methods);
    Optional<DeclaredForward> hooked = ForwardReader.hooked(forwards, quantizesOutput);
    hooked.ifPresent(forward -> refuseUnresolved(forward.method()));
    List<DeclaredBackward> backwards =
        new BackwardReader(language, type, members)
            .read(methods, hooked.map(List::of).orElse(forwards));
    Set<Role> unreadable = EnumSet.noneOf(Role.class);
    if (tensors.hasUnreadable()) {
      unreadable.add(Role.WEIGHT);
    }
    if (forwardReader.hasUnreadable()) {
      unreadable.add(Role.INPUT);
    }
    DeclaredLayer layer =
        new DeclaredLayer(
            type,
            creation,
            tensors.tensors(),
            tensors.loneQuantizers(),
            unreadable,
            forwards,
            hooked,
            backwards,
            new ScaleReader(language).read(creation, hooked),
            quantizers,
            used,
            AnnotationUse.find(language.home(type), BitfoldNames.SMOOTH_QUANT));
    return new Reading<>(Optional.of(layer), problems);
  }

  private static void refuseUnresolved(ExecutableElement method) {
    method.getParameters().forEach(parameter -> Unresolved.refuse(parameter.asType()));
    Unresolved.refuse(method.getReturnType());
  }

  /** Returns all methods of a class, including private ones, in the order of the source. */
  private static List<ExecutableElement> methods(TypeElement type, Members members) {
    List<ExecutableElement> found = new ArrayList<>(members.methods());
    ElementFilter.methodsIn(type.getEnclosedElements()).stream()
        .filter(method -> !found.contains(method))
        .forEach(found::add);
    // Compilers differ in the order of inherited and own methods.
    List<? extends Element> written = type.getEnclosedElements();
    found.sort(Comparator.comparingInt(method -> written.indexOf(method)));
    return found;
  }
}
