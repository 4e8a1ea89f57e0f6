package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.Compiler;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.Processor;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.TypeElement;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Test;

/** Checks layers and models whose parts other processors generate. */
class RoundsTest {
  /** Writes given classes in the first round. */
  @SupportedAnnotationTypes("*")
  private static final class Other extends AbstractProcessor {
    private final Map<String, String> classes;
    private boolean done;

    Other(Map<String, String> classes) {
      this.classes = classes;
    }

    @Override
    public SourceVersion getSupportedSourceVersion() {
      return SourceVersion.latestSupported();
    }

    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
      if (!done) {
        done = true;
        classes.forEach(this::write);
      }
      return false;
    }

    private void write(String name, String text) {
      try (Writer writer =
          processingEnv.getFiler().createSourceFile("com.acme." + name).openWriter()) {
        writer.write(Compiled.IMPORTS + "\n" + text);
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  private static Compilation compile(String source, Map<String, String> generated) {
    List<Processor> processors = new ArrayList<>(List.of(new BitfoldProcessor()));
    processors.add(new Other(generated));
    return Compiler.compiler(SharedFiles.JAVAC)
        .withClasspath(UsersClassPath.files())
        .withProcessors(processors)
        .compile(Compiled.source("Example", source));
  }

  private static List<String> generated(Compilation compilation) {
    assertEquals(List.of(), Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR));
    return compilation.generatedSourceFiles().stream()
        .map(JavaFileObject::getName)
        .map(name -> name.substring(name.lastIndexOf('/') + 1))
        .filter(name -> name.contains("Quantize"))
        .sorted()
        .toList();
  }

  private static final String WEIGHTED =
      """
      abstract class Weighted {
        @Weight final INDArray weight;
        Weighted(INDArray weight) { this.weight = weight; }
      }
      """;

  private static final String SCALE =
      """
      @Quantize(bits = 8)
      class Scale extends Weighted {
        Scale(INDArray weight) { super(weight); }
      }
      """;

  @Test
  void aGeneratedSuperclassIsWaitedFor() {
    assertEquals(
        List.of("QuantizedScale.java"), generated(compile(SCALE, Map.of("Weighted", WEIGHTED))));
  }

  @Test
  void aGeneratedLayerIsWaitedFor() {
    Compilation compilation =
        compile(
            WEIGHTED + "@QuantizeModel record Net(Scale a, List<Scale> b) {}",
            Map.of("Scale", SCALE));
    assertEquals(List.of("NetQuantizer.java", "QuantizedScale.java"), generated(compilation));
  }

  @Test
  void aGeneratedRecipeIsWaitedFor() {
    Compilation compilation =
        compile(
            "@W4 class Scale { @Weight final INDArray weight;"
                + " Scale(INDArray weight) { this.weight = weight; } }",
            Map.of("W4", "@Quantize(bits = 4) @interface W4 {}"));
    assertEquals(List.of("QuantizedScale.java"), generated(compilation));
  }

  @Test
  void aTypeThatNeverComesIsReportedOnceAtTheEnd() {
    Compilation compilation = compile(SCALE, Map.of());
    List<String> ours =
        Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR).stream()
            .filter(message -> message.contains("[QZ"))
            .toList();
    assertEquals(1, ours.size(), ours.toString());
    assertTrue(
        ours.get(0).contains("[QZ003] Scale cannot be quantized: the type Weighted"),
        ours.toString());
  }
}
