package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import com.google.testing.compile.Compiler;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.annotation.processing.AbstractProcessor;
import javax.annotation.processing.Filer;
import javax.annotation.processing.ProcessingEnvironment;
import javax.annotation.processing.RoundEnvironment;
import javax.annotation.processing.SupportedAnnotationTypes;
import javax.lang.model.SourceVersion;
import javax.lang.model.element.TypeElement;
import javax.tools.Diagnostic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compilers and build tools that wrap the environment do not show javac's syntax trees. */
@Tag("slow")
class OtherCompilersTest {
  /** Runs the processor in an environment of which nothing more is known than its interface. */
  @SupportedAnnotationTypes("*")
  private static final class Wrapped extends AbstractProcessor {
    private final BitfoldProcessor processor = new BitfoldProcessor();
    private final boolean failing;

    Wrapped(boolean failing) {
      this.failing = failing;
    }

    @Override
    public SourceVersion getSupportedSourceVersion() {
      return SourceVersion.latestSupported();
    }

    @Override
    public synchronized void init(ProcessingEnvironment environment) {
      super.init(environment);
      processor.init(
          (ProcessingEnvironment)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {ProcessingEnvironment.class},
                  (proxy, method, arguments) -> {
                    if (failing && method.getReturnType() == Filer.class) {
                      throw new UnsupportedOperationException("no filer");
                    }
                    try {
                      return method.invoke(environment, arguments);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  }));
    }

    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
      processor.process(annotations, round);
      return false;
    }
  }

  static Collection<DiagnosticsPages.Entry> examples() throws IOException {
    return DiagnosticsPagesTest.examples().stream()
        .filter(
            entry ->
                !entry.id().equals("QZ003") && !EclipseCompilerTest.IN_BODIES.contains(entry.id()))
        .toList();
  }

  /** Each wrong example with its errors. */
  static List<Arguments> wrong() throws IOException {
    List<Arguments> compiled = new ArrayList<>();
    Cases.compile(
            List.of(),
            () -> new Wrapped(false),
            DiagnosticsPagesTest.cases(examples(), DiagnosticsPages.Entry::wrong))
        .forEach(
            (entry, diagnostics) ->
                compiled.add(
                    Arguments.of(
                        entry,
                        diagnostics.stream()
                            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                            .toList())));
    return compiled;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrong")
  void theSameErrorsAreFoundWithoutTreesEachWithALine(
      DiagnosticsPages.Entry entry, List<Diagnostic<?>> errors) {
    List<String> marked =
        DiagnosticsPages.marks(entry.wrong()).stream().map(mark -> mark.id()).sorted().toList();
    List<String> found =
        errors.stream().map(d -> d.getMessage(Locale.ROOT).substring(1, 6)).sorted().toList();
    assertEquals(marked, found);
    for (Diagnostic<?> error : errors) {
      assertTrue(error.getLineNumber() > 1, error::toString);
    }
  }

  @Test
  void aDefectOfTheProcessorIsADiagnosticThatNamesTheClass() {
    Compilation compilation =
        Compiler.compiler(SharedFiles.JAVAC)
            .withClasspath(UsersClassPath.files())
            .withProcessors(new Wrapped(true))
            .compile(
                Compiled.source(
                    "Example", "@Quantize(bits = 8) record Scale(@Weight INDArray weight) {}"));
    List<String> errors = Compiled.diagnostics(compilation, Diagnostic.Kind.ERROR);
    assertTrue(
        errors.stream()
            .anyMatch(
                m -> m.contains(": [QZ001]") && m.contains("Scale") && m.contains("no filer")),
        errors.toString());
  }
}
