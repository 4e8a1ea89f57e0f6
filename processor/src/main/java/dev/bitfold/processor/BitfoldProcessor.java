package dev.bitfold.processor;

import com.google.auto.service.AutoService;
import com.sun.source.util.Trees;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import java.util.Optional;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.Processor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.TypeElement;

/**
 * Writes the generated classes: {@code QuantizedX} for each annotated layer {@code X}, {@code
 * MQuantizer} for each model {@code M}, and {@code RRecipe} for each recipe {@code R}. It looks at
 * every class, because recipes are annotations that users declare.
 */
@AutoService(Processor.class)
@SupportedAnnotationTypes("*")
public final class BitfoldProcessor extends AbstractProcessor {
  private final SourceTypes sources = new SourceTypes();
  private final Deferred deferred = new Deferred();

  /** Makes the processor; called by the compiler. */
  public BitfoldProcessor() {}

  @Override
  public SourceVersion getSupportedSourceVersion() {
    return SourceVersion.latestSupported();
  }

  @Override
  public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
    sources.add(round.getRootElements());
    Optional<Trees> trees = JavacTrees.of(processingEnv);
    Language language = new Language(processingEnv, trees);
    Step step = new Step(processingEnv, trees, language, sources, deferred);
    if (round.processingOver()) {
      step.finish();
    } else {
      step.run(round.getRootElements());
    }
    return false;
  }
}
