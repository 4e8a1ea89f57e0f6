package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.testing.compile.Compilation;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks remedies with lines to paste: pasted into the class, they fix it. A case consists of the
 * only expected id and source text, whose last class is fixed.
 */
@Tag("slow")
class PastedRemedyTest {
  private static final Pattern LINES = Pattern.compile("(?:add|it|them|type): (.*\\{.*})$");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          QZ032 | @Int8 class A { @Weight(layout = "IO") private final INDArray w; A(int in, int out) { this.w = Nd4j.randn(in, out); } public INDArray forward(@Input INDArray x) { return x.mmul(w); } }
          QZ032 | @Int8 class A { @Weight(layout = "IO") private final INDArray w; private final int in, out; A(int in, int out) { this.in = in; this.out = out; this.w = Nd4j.randn(in, out); } public INDArray forward(@Input INDArray x) { return x.mmul(w); } }
          QZ032 | @Int8 class A { @Weight(layout = "IO") private final INDArray w; private final int in, out; A(int in, int out) { this.in = in; this.out = out; this.w = Nd4j.randn(in, out); } int in() { return in; } int out() { return out; } INDArray w() { return w; } public INDArray forward(@Input INDArray x) { return x.mmul(w); } }
          QZ032 | @Int8 class A { @Weight(layout = "IO") final INDArray w; @Bias(layout = "O") final INDArray b; final String name = "a"; A(long in) { this.w = Nd4j.randn(in, in); this.b = Nd4j.zeros(in); } public INDArray forward(@Input INDArray x) { return x.mmul(w); } }
          QZ032 | class P { final double gain; P(double gain) { this.gain = gain; } } class A extends P { @Weight final INDArray w; A(int in) { super(2); this.w = Nd4j.randn(in, in); } }
          QZ080 | @QuantizeModel class M { private final Linear a; private final int in; M(int in) { this.in = in; this.a = new Linear(Nd4j.randn(in, in)); } }
          QZ080 | @QuantizeModel class M { private final Linear a; private final int in; M(int in) { this.in = in; this.a = new Linear(Nd4j.randn(in, in)); } int in() { return in; } }
          QZ080 | @QuantizeModel class M { private final Linear a, b; private final List<Linear> more; M() { a = null; b = null; more = List.of(); } }
          QZ080 | @QuantizeModel class M { final Linear a; M(long in) { this(new Linear(Nd4j.randn(in, in)), 1); } private M(Linear a, int unused) { this.a = a; } }
          QZ020 | class A { @Weight private final INDArray w; A(int in) { this.w = Nd4j.randn(in, in); } A(int in, boolean small) { this(in); } }
          QZ022 | class A { @Weight private final INDArray w; A(INDArray w) { this.w = w; } }
          QZ022 | class A { private final INDArray[] w; A(@Weight List<INDArray> w) { this.w = w.toArray(new INDArray[0]); } }
          QZ023 | class A { @Weight final List<INDArray> w; A(INDArray[] w) { this.w = List.of(w); } }
          """)
  void mendsTheClass(String id, String source) {
    List<String> errors = errors(source);
    assertEquals(1, errors.size(), errors::toString);
    assertEquals("[" + id + "]", errors.get(0).substring(0, 7));
    Matcher lines = LINES.matcher(errors.get(0));
    assertTrue(lines.find(), errors.get(0));
    String mended = source.substring(0, source.lastIndexOf('}')) + lines.group(1) + " }";
    assertEquals(List.of(), errors(mended), mended);
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
      @Int8 class Linear {
        @Weight(layout = "IO") private final INDArray weight;
        Linear(INDArray weight) { this.weight = weight; }
        INDArray weight() { return weight; }
        public INDArray forward(@Input(layout = "…C") INDArray x) { return x.mmul(weight); }
      }
      """;
}
