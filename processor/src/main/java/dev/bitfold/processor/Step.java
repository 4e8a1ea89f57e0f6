package dev.bitfold.processor;

import com.palantir.javapoet.JavaFile;
import com.sun.source.util.Trees;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.diagnostics.Reporter;
import dev.bitfold.processor.generator.LayerGenerator;
import dev.bitfold.processor.generator.ModelGenerator;
import dev.bitfold.processor.generator.RecipeGenerator;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.lang.UnresolvedTypeException;
import dev.bitfold.processor.model.LayerModel;
import dev.bitfold.processor.model.ModelModel;
import dev.bitfold.processor.model.RecipeModel;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.RecipeReader;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.layer.LayerReader;
import dev.bitfold.processor.reader.model.ModelReader;
import dev.bitfold.processor.source.SourceText;
import dev.bitfold.processor.validation.Validator;
import java.io.IOException;
import java.io.Writer;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.annotation.processing.FilerException;
import javax.annotation.processing.ProcessingEnvironment;
import javax.lang.model.element.AnnotationMirror;
import javax.lang.model.element.Element;
import javax.lang.model.element.ElementKind;
import javax.lang.model.element.TypeElement;
import javax.lang.model.util.ElementFilter;

/** One round: finds the annotated classes and takes each from reader to file. */
final class Step {
  private final ProcessingEnvironment environment;
  private final Language language;
  private final Deferred deferred;
  private final Reporter reporter;
  private final LayerDetector detector;
  private final LayerReader layers;
  private final ModelReader models;
  private final RecipeReader recipeReader;
  private final Validator validator;

  Step(
      ProcessingEnvironment environment,
      Optional<Trees> trees,
      Language language,
      SourceTypes sources,
      Deferred deferred) {
    this.environment = environment;
    this.language = language;
    this.deferred = deferred;
    this.reporter = new Reporter(environment.getMessager(), trees, sources::contains);
    Recipes recipes = new Recipes(language, sources);
    this.detector = new LayerDetector(recipes);
    Holdings holdings = new Holdings(language, sources, detector);
    this.layers = new LayerReader(language, recipes);
    this.models = new ModelReader(language, sources, detector, holdings, layers);
    this.recipeReader = new RecipeReader(language, recipes);
    this.validator = new Validator(language, sources, detector, holdings);
  }

  /** Processes what is new and what waited. */
  void run(Set<? extends Element> roots) {
    Set<String> names = new LinkedHashSet<>(deferred.take().keySet());
    roots.forEach(root -> collect(root, names));
    for (String name : names) {
      language.find(name).ifPresent(this::guarded);
    }
  }

  /** Reports what still waits; of what has no name javac has said it. */
  void finish() {
    deferred
        .take()
        .forEach(
            (name, missing) -> {
              Optional<TypeElement> type = language.find(name);
              if (type.isPresent() && !missing.isEmpty() && !missing.startsWith("<")) {
                Problems problems = new Problems();
                problems.add(
                    ProblemId.UNRESOLVED_TYPE,
                    Place.at(type.get()),
                    type.get().getSimpleName(),
                    missing);
                reporter.report(type.get(), problems);
              }
            });
  }

  private static void collect(Element element, Set<String> names) {
    if (element instanceof TypeElement type) {
      names.add(type.getQualifiedName().toString());
      ElementFilter.typesIn(type.getEnclosedElements()).forEach(t -> collect(t, names));
    }
  }

  /** Whatever goes wrong becomes a diagnostic that names the class. */
  private void guarded(TypeElement type) {
    try {
      process(type);
    } catch (UnresolvedTypeException e) {
      deferred.add(type.getQualifiedName().toString(), e.typeName());
    } catch (RuntimeException | StackOverflowError | AssertionError | IOException e) {
      Problems problems = new Problems();
      String at = e.getStackTrace().length == 0 ? "" : " at " + e.getStackTrace()[0];
      problems.add(ProblemId.INTERNAL_ERROR, Place.at(type), type.getSimpleName(), e + at);
      reporter.report(type, problems);
    }
  }

  private void process(TypeElement type) throws IOException {
    Problems problems = new Problems();
    validator.checkPlaces(type, problems);
    if (type.getKind() == ElementKind.ANNOTATION_TYPE) {
      if (detector.isRecipe(type)) {
        Reading<RecipeModel> reading = recipeReader.read(type);
        finish(type, reading, problems, RecipeModel::subject, RecipeGenerator::generate);
      } else {
        reporter.report(type, problems);
      }
    } else if (detector.isModel(type)) {
      Reading<ModelModel> reading = models.read(type);
      validator.checkModel(type, reading, problems);
      finish(type, reading, problems, ModelModel::subject, ModelGenerator::generate);
    } else if (detector.isLayer(type)) {
      Reading<LayerModel> reading = layers.read(type);
      validator.checkLayer(type, reading, problems);
      finish(type, reading, problems, LayerModel::subject, LayerGenerator::generate);
    } else {
      validator.checkGenerated(type, problems);
      reporter.report(type, problems);
      waitForAnnotations(type);
    }
  }

  /** An annotation that does not exist yet may turn out to be a recipe. */
  private void waitForAnnotations(TypeElement type) {
    for (AnnotationMirror mirror : type.getAnnotationMirrors()) {
      if (new AnnotationUse(type, mirror).isUnresolved()) {
        deferred.add(type.getQualifiedName().toString(), "");
      }
    }
  }

  private <M> void finish(
      TypeElement type,
      Reading<M> reading,
      Problems found,
      Function<M, Subject> subject,
      Function<M, JavaFile> generator)
      throws IOException {
    Problems all = new Problems();
    reading.problems().list().forEach(all::add);
    found.list().forEach(all::add);
    if (all.isEmpty() && reading.model().isPresent()) {
      M model = reading.model().get();
      if (!validator.isNameFree(subject.apply(model))) {
        all.add(
            ProblemId.NAME_TAKEN,
            Place.at(type),
            type.getSimpleName(),
            subject.apply(model).generated().simpleName());
      } else {
        write(type, subject.apply(model), generator.apply(model), all);
      }
    }
    reporter.report(type, all);
  }

  /** One originating class for each file: the processor is isolating. */
  private void write(TypeElement type, Subject subject, JavaFile file, Problems problems)
      throws IOException {
    try (Writer writer =
        environment
            .getFiler()
            .createSourceFile(subject.generated().canonicalName(), type)
            .openWriter()) {
      writer.write(SourceText.of(file));
    } catch (FilerException e) {
      problems.add(
          ProblemId.NAME_TAKEN,
          Place.at(type),
          type.getSimpleName(),
          subject.generated().simpleName());
    }
  }
}
