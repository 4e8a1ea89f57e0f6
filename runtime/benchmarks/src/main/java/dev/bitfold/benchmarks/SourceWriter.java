package dev.bitfold.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.Map;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.RoundEnvironment;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.TypeElement;

/**
 * A processor that reads nothing and writes sources that are there: what javac itself takes for
 * rounds and generated files, whoever generates them.
 */
final class SourceWriter extends AbstractProcessor {
  private final Map<String, String> sources;
  private boolean written;

  /**
   * @param sources by the qualified name of their class
   */
  SourceWriter(Map<String, String> sources) {
    this.sources = sources;
  }

  @Override
  public Set<String> getSupportedAnnotationTypes() {
    return Set.of("*");
  }

  @Override
  public SourceVersion getSupportedSourceVersion() {
    return SourceVersion.latestSupported();
  }

  @Override
  public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
    if (written) {
      return false;
    }
    written = true;
    sources.forEach(
        (name, text) -> {
          try (Writer writer = processingEnv.getFiler().createSourceFile(name).openWriter()) {
            writer.write(text);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    return false;
  }
}
