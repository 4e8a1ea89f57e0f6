package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.testing.compile.Compilation;
import java.util.List;
import java.util.Locale;
import javax.tools.Diagnostic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks which paths {@code @SmoothInto} can name, and the messages for paths that it cannot name.
 */
@Tag("slow")
@Tag("any-jdk")
class SmoothIntoTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          @SmoothInto("fc") Norm n, Linear fc
          @SmoothInto("fc.1") Norm n, List<Linear> fc
          @SmoothInto("fc.*") Norm n, Linear[] fc
          @SmoothInto("fc.left") Norm n, Map<String, Linear> fc
          @SmoothInto("fc.0.7") Norm n, List<List<Linear>> fc
          @SmoothInto("fc") Optional<Norm> n, Optional<Linear> fc
          @SmoothInto({"a.query", "a.key", "fc"}) Norm n, Attention a, Linear fc
          @SmoothInto({"a.0.query", "a.0.key"}) Norm n, List<Attention> a
          @SmoothInto("fc") Norm n, Layer fc
          @SmoothInto("fc") Normal n, Linear fc
          @SmoothInto("fc") @Implementations({Norm.class, RmsNorm.class}) Any n, Linear fc
          @SmoothInto({"fc", "gate"}) Norm n, Linear fc, Gate gate
          @SmoothInto("b") Linear a, @SmoothInto("c") Linear b, Linear c
          """)
  void aPathToLayersIsFine(String components) {
    assertEquals(List.of(), errors("@QuantizeModel record M(" + components + ") {}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          QZ134 | @SmoothInto("cf") Norm n, Linear fc | "cf" does not exist: M has no component cf; did you mean 'fc'? its components are n, fc
          QZ134 | @SmoothInto("a.kye") Norm n, Attention a | "a.kye" does not exist: Attention has no component kye; did you mean 'key'? its components are query, key
          QZ134 | @SmoothInto("a.M") Norm n, Attention a | "a.M" does not exist: Attention has no component M; its components are query, key
          QZ134 | @SmoothInto("a") Norm n, Attention a | "a" is the model Attention; name the layers inside it that read the component, such as a.query
          QZ134 | @SmoothInto("fc.weight") Norm n, Linear fc | "fc.weight" goes into Linear, which is a layer; end the path there: fc
          QZ134 | @SmoothInto("fc") Norm n, List<Linear> fc | "fc" is a List<Linear>; add an index or *: fc.0 or fc.*
          QZ134 | @SmoothInto("fc.first") Norm n, List<Linear> fc | "fc.first" has first in place of the index of a List<Linear>; write a number from 0, or * for all elements
          QZ134 | @SmoothInto("fc.-1") Norm n, Linear[] fc | "fc.-1" has -1 in place of the index of a Linear[]; write a number from 0, or * for all elements
          QZ134 | @SmoothInto("") Norm n, Linear fc | "" is not a path; write names separated by dots, such as attention.query
          QZ134 | @SmoothInto("a..key") Norm n, Attention a | "a..key" is not a path; write names separated by dots, such as attention.query
          QZ134 | @SmoothInto("fc") Norm n, @SkipQuantize Linear fc | "fc" stays float: @SkipQuantize is on fc; remove one of the two
          QZ134 | @SmoothInto("name") Norm n, Linear fc, String name | "name" is a String, which holds no layer; name a layer
          QZ135 | @SmoothInto("fc") Norm n, Norm fc | "fc" is a Norm, and none of its weights has the letter I in its layout, so it cannot take over a scale; list layers whose weights can take over the scale, such as @Weight(layout = "OI")
          QZ135 | @SmoothInto("fc") Linear fc, Norm n | "fc" is the component itself, so it cannot take over a scale; list what reads it
          QZ135 | @SmoothInto("fc") Norm n, @Implementations({Linear.class, RmsNorm.class}) Any fc | "fc" is a RmsNorm, and none of its weights has the letter I in its layout, so it cannot take over a scale; list layers whose weights can take over the scale, such as @Weight(layout = "OI")
          QZ136 | @SmoothInto({"fc", "fc"}) Norm n, Linear fc | "fc" is listed twice; keep one of the two
          QZ136 | @SmoothInto("fc") Norm n, @SmoothInto("fc") Norm o, Linear fc | "fc" is listed by n already, and can take over only one scale; keep one of the two
          QZ136 | @SmoothInto("i.fc") Norm n, Inner i | "i.fc" is listed by norm of Inner already, and can take over only one scale; keep one of the two
          QZ137 | @SmoothInto("fc") @SkipQuantize Norm n, Linear fc | nothing can be folded into n: @SkipQuantize keeps it as it is; remove one of the two
          QZ137 | @SmoothInto("fc") Attention a, Linear fc | nothing can be folded into a: it is the model Attention; put it on the component whose output the consumers read
          QZ137 | @SmoothInto("fc") List<Norm> n, Linear fc | nothing can be folded into n: it is a List<Norm>; put it on the component whose output the consumers read
          QZ137 | @SmoothInto("fc") Relu r, Linear fc | nothing can be folded into r: it is a Relu, which holds no layer; put it on the component whose output the consumers read
          QZ137 | @SmoothInto("fc") Gelu g, Linear fc | nothing can be folded into g: Gelu has no @Weight or @Bias; put it on the layer before: whatever stands between source and consumers need not be named
          QZ137 | @SmoothInto("fc") Scale s, Linear fc | nothing can be folded into s: the layout of Scale's weight is not known; name its output channels, such as @Weight(layout = "OI") or @Bias(layout = "C")
          QZ137 | @SmoothInto("fc") @Implementations({Norm.class, Scale.class}) Any n, Linear fc | nothing can be folded into n: the layout of Scale's weight is not known; name its output channels, such as @Weight(layout = "OI") or @Bias(layout = "C")
          QZ138 | @SmoothInto({}) Norm n, Linear fc | on n has no effect: it lists no consumer; list the layers that read n, or remove it
          QZ138 | @SmoothInto("g") Norm n, Gate g | on n has no effect: none of the layers that it lists has @SmoothQuant; annotate the class of a consumer with @SmoothQuant, or remove it
          QZ139 | @SmoothInto({"a", "b"}) Norm n, Linear a, Half b | the consumers of n share one scale, but a has alpha searched, b has alpha 0.5; give them the same alpha
          """)
  void anotherIsAnErrorThatTellsTheRemedy(String id, String components, String message) {
    List<String> errors = errors("@QuantizeModel record M(" + components + ") {}");
    assertEquals(1, errors.size(), errors::toString);
    String start = "[" + id + "] @SmoothInto";
    assertEquals(start, errors.get(0).substring(0, start.length()));
    String text = errors.get(0).substring(start.length()).replaceFirst("^:? *", "");
    assertEquals(message, text.replaceAll("\n +", "; "));
  }

  private static List<String> errors(String source) {
    Compilation compilation =
        Compiled.compile(
            List.of("-Xlint:none"),
            Compiled.source("Shared", SHARED),
            Compiled.source("Example", source));
    return compilation.diagnostics().stream()
        .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .map(d -> d.getMessage(Locale.ROOT))
        .toList();
  }

  private static final String SHARED =
      """
      interface Any {}
      record Norm(@Weight(layout = "C") INDArray weight, @Bias(layout = "C") INDArray bias) implements Any {}
      record RmsNorm(@Weight(layout = "C") INDArray weight) implements Any {}
      sealed interface Normal permits SmallNorm, LargeNorm {}
      record SmallNorm(@Weight(layout = "C") INDArray weight) implements Normal {}
      record LargeNorm(@Weight(layout = "C") INDArray weight) implements Normal {}
      record Scale(@Weight INDArray weight) implements Any {}
      record Relu() {}
      @Quantize(role = Role.INPUT, bits = 8)
      class Gelu { public INDArray forward(@Input INDArray x) { return x; } }
      @Implementations(Linear.class) interface Layer {}
      @Int8SmoothQuant class Linear implements Layer, Any {
        @Weight(layout = "OI") final INDArray weight;
        @Bias(layout = "O") final INDArray bias;
        Linear(INDArray weight, INDArray bias) { this.weight = weight; this.bias = bias; }
        public INDArray forward(@Input(layout = "…C") INDArray x) { return x; }
      }
      @Int8 @SmoothQuant(alpha = 0.5) class Half {
        @Weight(layout = "OI") final INDArray weight;
        Half(INDArray weight) { this.weight = weight; }
        public INDArray forward(@Input(layout = "…C") INDArray x) { return x; }
      }
      record Gate(@Weight(layout = "OI") INDArray weight) {}
      @QuantizeModel record Attention(Linear query, Linear key) {}
      @QuantizeModel record Inner(@SmoothInto("fc") Norm norm, Linear fc) {}
      """;
}
