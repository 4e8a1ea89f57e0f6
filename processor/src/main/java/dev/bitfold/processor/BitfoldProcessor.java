package dev.bitfold.processor;

import com.google.auto.service.AutoService;
import com.sun.source.util.Trees;
import dev.bitfold.processor.lang.Language;
import dev.bitfold.processor.lang.SourceTypes;
import dev.bitfold.processor.onnx.OnnxFiles;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.Processor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.annotation.processing.SupportedOptions;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.TypeElement;

/**
 * Writes the generated classes: {@code QuantizedX} for each annotated layer {@code X}, {@code
 * MQuantizer} for each model {@code M} and each ONNX file that an interface {@code M} names, and
 * {@code RRecipe} for each recipe {@code R}. It looks at every class, because recipes are
 * annotations that users declare.
 */
@AutoService(Processor.class)
@SupportedAnnotationTypes("*")
@SupportedOptions(OnnxFiles.OPTION)
public final class BitfoldProcessor extends AbstractProcessor {
  private final SourceTypes sources = new SourceTypes();
  private final Deferred deferred = new Deferred();
  private final Map<String, OnnxFiles.Found> files = new HashMap<>();

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
    OnnxFiles onnx = new OnnxFiles(processingEnv::getFiler, processingEnv.getOptions(), files);
    Step step = new Step(processingEnv, trees, language, sources, deferred, onnx);
    if (round.processingOver()) {
      step.finish();
    } else {
      step.run(round.getRootElements());
    }
    return false;
  }
}
