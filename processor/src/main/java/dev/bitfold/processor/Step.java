package dev.bitfold.processor;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.JavaFile;
import com.sun.source.util.Trees;
import dev.bitfold.processor.diagnostics.Place;
import dev.bitfold.processor.diagnostics.Problem;
import dev.bitfold.processor.diagnostics.ProblemId;
import dev.bitfold.processor.diagnostics.Problems;
import dev.bitfold.processor.diagnostics.Reporter;
import dev.bitfold.processor.lang.AnnotationUse;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.MixIn;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.lang.UnresolvedTypeException;
import dev.bitfold.processor.model.Subject;
import dev.bitfold.processor.onnx.OnnxFiles;
import dev.bitfold.processor.reader.LayerDetector;
import dev.bitfold.processor.reader.Recipes;
import dev.bitfold.processor.source.SourceText;
import dev.bitfold.processor.validation.Validator;
import java.io.IOException;
import java.io.Writer;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
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
  private final Production production;
  private final Validator validator;

  Step(
      ProcessingEnvironment environment,
      Optional<Trees> trees,
      Language language,
      SourceTypes sources,
      Deferred deferred,
      OnnxFiles files) {
    this.environment = environment;
    this.language = language;
    this.deferred = deferred;
    this.reporter = new Reporter(environment.getMessager(), trees, sources::contains);
    this.detector = new LayerDetector(new Recipes(language));
    this.production = Production.of(language, sources, files);
    this.validator = production.validator();
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
    Problems problems = new Problems();
    if (LayerDetector.isOnnx(type)) {
      finish(type, production.onnx(type, problems), problems);
    } else if (LayerDetector.isMixIn(type)) {
      finish(type, mixIn(type, problems), problems);
    } else if (type.getKind() == ElementKind.ANNOTATION_TYPE && detector.isRecipe(type)) {
      finish(type, production.recipe(type, problems), problems);
    } else if (detector.isModel(type) && type.getKind() != ElementKind.ANNOTATION_TYPE) {
      finish(type, production.model(type, problems), problems);
    } else if (detector.isLayer(type)) {
      finish(type, production.layer(type, problems), problems);
    } else {
      validator.checkOther(type, problems);
      reporter.report(type, problems);
      if (type.getKind() != ElementKind.ANNOTATION_TYPE) {
        waitForAnnotations(type);
      }
    }
  }

  /** Reads the class of a mix-in as if it had the mix-in's annotations. */
  private Optional<Production.Product> mixIn(TypeElement type, Problems problems) {
    Optional<MixIn> mixIn = validator.checkMixIn(type, problems);
    if (mixIn.isEmpty()) {
      return Optional.empty();
    }
    Production mixed = production.with(mixIn.get());
    TypeElement target = mixIn.get().target();
    Problems ofClass = new Problems();
    Optional<Production.Product> product =
        detector.isModel(type) ? mixed.model(target, ofClass) : mixed.layer(target, ofClass);
    problems.addAll(ofClass, problem -> atMixIn(problem, mixIn.get()));
    return product;
  }

  /** Returns a problem with the class of a mix-in as one of the mix-in. */
  private static Problem atMixIn(Problem problem, MixIn mixIn) {
    Element element = problem.place().element();
    Element nearest = mixIn.place(element);
    return nearest.equals(element)
        ? problem
        : problem.ofMixIn(Place.at(nearest), mixIn.target().getSimpleName().toString());
  }

  /** Waits for annotations that do not exist yet, because one of them may be a recipe. */
  private void waitForAnnotations(TypeElement type) {
    for (AnnotationMirror mirror : type.getAnnotationMirrors()) {
      if (new AnnotationUse(type, mirror).isUnresolved()) {
        deferred.add(ClassName.get(type).canonicalName(), "");
      }
    }
  }

  private void finish(TypeElement type, Optional<Production.Product> read, Problems problems) {
    if (problems.isEmpty() && read.isPresent()) {
      Subject of = read.get().subject();
      Optional<String> taken = validator.nameTaken(of);
      if (taken.isPresent()) {
        unwritten(ProblemId.NAME_TAKEN, type, of, taken.get(), problems);
      } else {
        write(type, of, read.get().file().get(), problems);
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
