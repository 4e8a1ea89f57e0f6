package dev.bitfold.processor.reader.model;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.TypeName;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.Members;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.model.ComponentModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.names.BitfoldNames;
import dev.bitfold.processor.names.GeneratedNames;
import dev.bitfold.processor.reader.CheckedExceptions;
import dev.bitfold.processor.reader.Eligibility;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.StrayAnnotations;
import dev.bitfold.processor.reader.SubjectReader;
import dev.bitfold.processor.reader.creator.Creator;
import dev.bitfold.processor.reader.creator.CreatorReader;
import dev.bitfold.processor.reader.creator.FinalFields;
import dev.bitfold.processor.reader.layer.LayerReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.lang.model.element.Element;
import javax.lang.model.element.TypeElement;
import javax.lang.model.type.TypeMirror;

/** Reads model classes. */
public final class ModelReader {
  private final Language language;
  private final Holdings holdings;
  private final ComponentReader components;
  private final SmoothIntoReader folds;

  /** With what tells layers from other classes, and where their wrappers are. */
  public ModelReader(
      Language language,
      SourceTypes sources,
      LayerDetector detector,
      Holdings holdings,
      LayerReader layers) {
    this.language = language;
    this.holdings = holdings;
    this.components =
        new ComponentReader(language, detector, holdings, new Wrappers(language, sources, layers));
    this.folds = new SmoothIntoReader(layers, new ConsumerPaths(language, detector, holdings));
  }

  /** Reads a class. */
  public Reading<ModelModel> read(TypeElement type) {
    Problems problems = new Problems();
    if (!Eligibility.check(language, type, problems)) {
      return new Reading<>(Optional.empty(), problems);
    }
    Members members = new Members(language, type);
    Optional<Creator> creator = new CreatorReader(language, type, members, problems).read();
    if (creator.isEmpty()) {
      return new Reading<>(Optional.empty(), problems);
    }
    new FinalFields(language, type, creator.get())
        .check(field -> holdings.any(field.asType()), problems);
    List<ModelModel.ComponentArgument> arguments = new ArrayList<>();
    List<SmoothIntoReader.Part> parts = new ArrayList<>();
    for (Creator.Argument argument : creator.get().arguments()) {
      ComponentSite site =
          new ComponentSite(type, argument.name(), declarations(type, members, argument), problems);
      parts.add(new SmoothIntoReader.Part(site, argument.parameter().asType()));
      component(argument, site)
          .ifPresent(
              component ->
                  arguments.add(
                      new ModelModel.ComponentArgument(
                          argument.name(),
                          argument.accessor(),
                          TypeName.get(argument.parameter().asType()),
                          component)));
    }
    Set<Element> read = new HashSet<>();
    parts.forEach(part -> read.addAll(part.site().declarations()));
    StrayAnnotations.check(
        type,
        read,
        "a component is what the constructor of " + type.getSimpleName() + " takes",
        problems);
    ModelModel model =
        new ModelModel(
            SubjectReader.read(
                language,
                type,
                GeneratedNames.quantizer(ClassName.get(type)),
                List.of(creator.get().constructor())),
            arguments,
            folds.read(type, parts),
            CheckedExceptions.of(language, creator.get().constructor()));
    return new Reading<>(Optional.of(model), problems);
  }

  private Optional<ComponentModel> component(Creator.Argument argument, ComponentSite site) {
    Optional<AnnotationUse> skip = site.annotation(BitfoldNames.SKIP_QUANTIZE);
    Optional<AnnotationUse> listed = site.annotation(BitfoldNames.IMPLEMENTATIONS);
    if (skip.isPresent()) {
      unused(listed, "the component is kept float by @SkipQuantize", site);
      if (isPlain(argument.parameter().asType(), site)) {
        unused(skip, "it is no component that could be quantized", site);
      }
      return Optional.of(new ComponentModel.Skipped());
    }
    Optional<ComponentModel> component = components.read(argument.parameter().asType(), site);
    if (component.isPresent() && !component.get().isRebuilt()) {
      unused(listed, "there is no layer in it", site);
    }
    return component;
  }

  /** Whether a component is Java's or ND4J's, and would be passed on as it is anyway. */
  private boolean isPlain(TypeMirror type, ComponentSite site) {
    if (Language.declared(type).filter(t -> !language.isPlatform(t)).isPresent()) {
      return false;
    }
    Problems unseen = new Problems();
    Optional<ComponentModel> otherwise =
        components.read(
            type, new ComponentSite(site.model(), site.name(), site.declarations(), unseen));
    return unseen.isEmpty() && otherwise.filter(c -> !c.isRebuilt()).isPresent();
  }

  private static void unused(Optional<AnnotationUse> use, String why, ComponentSite site) {
    use.ifPresent(
        u ->
            site.problems()
                .add(
                    ProblemId.COMPONENT_ANNOTATION_UNUSED, u.place(), u.label(), site.name(), why));
  }

  /** Where a component is declared: record component or field, accessor, constructor parameter. */
  private static List<Element> declarations(
      TypeElement type, Members members, Creator.Argument argument) {
    List<Element> places = new ArrayList<>();
    type.getRecordComponents().stream()
        .filter(c -> c.getSimpleName().contentEquals(argument.name()))
        .forEach(places::add);
    if (places.isEmpty()) {
      members.field(argument.name()).ifPresent(places::add);
      members.methods().stream()
          .filter(m -> Members.isAccessor(m) && Members.property(m).equals(argument.name()))
          .forEach(places::add);
      places.add(argument.parameter());
    }
    return places;
  }
}
