package dev.bitfold.processor;

import com.palantir.javapoet.ClassName;
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
import dev.bitfold.processor.reader.DeclaredRecipe;
import dev.bitfold.processor.reader.Holdings;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.Reading;
import dev.bitfold.processor.reader.RecipeResolver;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.reader.layer.DeclaredLayer;
import dev.bitfold.processor.reader.layer.Layers;
import dev.bitfold.processor.reader.model.DeclaredModel;
import dev.bitfold.processor.reader.model.ModelReader;
import dev.bitfold.processor.reader.model.ModelResolver;
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

/** Handles one round: finds the annotated classes and takes each one from reading to a file. */
final class Step {
  private final ProcessingEnvironment environment;
  private final Language language;
  private final Deferred deferred;
  private final Reporter reporter;
  private final LayerDetector detector;
  private final Recipes recipes;
  private final RecipeResolver recipeResolver;
  private final Layers layers;
  private final ModelReader models;
  private final ModelResolver modelResolver;
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
    this.recipes = new Recipes(language);
    this.recipeResolver = new RecipeResolver(language);
    this.detector = new LayerDetector(recipes);
    Holdings holdings = new Holdings(language, sources, detector);
    this.layers = new Layers(language, recipes);
    this.models = new ModelReader(language, sources, detector, holdings, layers);
    this.modelResolver = new ModelResolver(language);
    this.validator = new Validator(language, sources, detector, holdings, layers);
  }

  /** Processes new classes and classes that have waited. */
  void run(Set<? extends Element> roots) {
    Set<TypeElement> types = new LinkedHashSet<>();
    deferred.take().keySet().forEach(name -> language.find(name).ifPresent(types::add));
    roots.forEach(root -> collect(root, types));
    types.forEach(this::guarded);
  }

  /** Reports the classes that still wait. If a type has no name, javac has reported it. */
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

  private static void collect(Element element, Set<TypeElement> types) {
    if (element instanceof TypeElement type) {
      types.add(type);
      ElementFilter.typesIn(type.getEnclosedElements()).forEach(t -> collect(t, types));
    }
  }

  /** Turns any failure into a diagnostic that names the class. */
  private void guarded(TypeElement type) {
    try {
      process(type);
    } catch (UnresolvedTypeException e) {
      deferred.add(ClassName.get(type).canonicalName(), e.typeName());
    } catch (RuntimeException | StackOverflowError | AssertionError e) {
      Problems problems = new Problems();
      String at = e.getStackTrace().length == 0 ? "" : " at " + e.getStackTrace()[0];
      problems.add(ProblemId.INTERNAL_ERROR, Place.at(type), type.getSimpleName(), e + at);
      reporter.report(type, problems);
    }
  }

  /** Reads a class, checks the result, and writes the generated class. */
  private void process(TypeElement type) {
    if (type.getKind() == ElementKind.ANNOTATION_TYPE) {
      recipe(type);
    } else if (detector.isModel(type)) {
      model(type);
    } else if (detector.isLayer(type)) {
      layer(type);
    } else {
      Problems problems = new Problems();
      validator.checkOther(type, problems);
      reporter.report(type, problems);
      waitForAnnotations(type);
    }
  }

  private void recipe(TypeElement type) {
    Problems problems = new Problems();
    if (!detector.isRecipe(type)) {
      validator.checkOther(type, problems);
      reporter.report(type, problems);
      return;
    }
    DeclaredRecipe recipe = recipes.declared(type);
    RecipeModel model = recipeResolver.resolve(recipe);
    validator.checkRecipe(recipe, problems);
    finish(type, Optional.of(model), RecipeModel::subject, problems, RecipeGenerator::generate);
  }

  private void model(TypeElement type) {
    Reading<DeclaredModel> reading = models.read(type);
    Problems problems = new Problems();
    problems.addAll(reading.problems());
    validator.checkModel(type, reading, problems);
    Optional<ModelModel> model = reading.model().flatMap(modelResolver::resolve);
    finish(type, model, ModelModel::subject, problems, ModelGenerator::generate);
  }

  private void layer(TypeElement type) {
    Reading<DeclaredLayer> reading = layers.read(type);
    Optional<LayerModel> layer = layers.resolve(type);
    Problems problems = new Problems();
    problems.addAll(reading.problems());
    validator.checkLayer(type, reading, layer, problems);
    finish(type, layer, LayerModel::subject, problems, LayerGenerator::generate);
  }

  /** Waits for annotations that do not exist yet, because one of them may be a recipe. */
  private void waitForAnnotations(TypeElement type) {
    for (AnnotationMirror mirror : type.getAnnotationMirrors()) {
      if (new AnnotationUse(type, mirror).isUnresolved()) {
        deferred.add(ClassName.get(type).canonicalName(), "");
      }
    }
  }

  private <M> void finish(
      TypeElement type,
      Optional<M> read,
      Function<M, Subject> subject,
      Problems problems,
      Function<M, JavaFile> generator) {
    if (problems.isEmpty() && read.isPresent()) {
      Subject of = subject.apply(read.get());
      Optional<String> taken = validator.nameTaken(of);
      if (taken.isPresent()) {
        unwritten(ProblemId.NAME_TAKEN, type, of, taken.get(), problems);
      } else {
        write(type, of, generator.apply(read.get()), problems);
      }
    }
    reporter.report(type, problems);
  }

  private static void unwritten(
      ProblemId id, TypeElement type, Subject subject, String why, Problems problems) {
    problems.add(id, Place.at(type), type.getSimpleName(), subject.generated().simpleName(), why);
  }

  /** Writes a file with one originating class, because the processor is isolating. */
  private void write(TypeElement type, Subject subject, JavaFile file, Problems problems) {
    String text = SourceText.of(file);
    try (Writer writer =
        environment
            .getFiler()
            .createSourceFile(subject.generated().canonicalName(), type)
            .openWriter()) {
      writer.write(text);
    } catch (FilerException e) {
      unwritten(ProblemId.NAME_TAKEN, type, subject, "already exists", problems);
    } catch (IOException e) {
      unwritten(
          ProblemId.FILE_NOT_WRITTEN, type, subject, String.valueOf(e.getMessage()), problems);
    }
  }
}
