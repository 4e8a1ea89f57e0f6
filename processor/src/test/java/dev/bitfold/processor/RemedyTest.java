package dev.bitfold.processor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.testing.compile.Compilation;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.tools.Diagnostic;
import javax.tools.JavaFileObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks messages that name the one thing that is wrong, and remedies that fit it. A case consists
 * of a part of the only message, and source text.
 */
class RemedyTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = true,
      textBlock =
          """
          affine = true with scaleBits = [8]                               | @Quantize(bits = 8, affine = true, blockSizes = @Block(size = 2), scaleBits = 8) record A(@Weight INDArray w) {}
          affine = true with amax = [3.0] and narrowRange = true           | @Quantize(bits = 8, affine = true, amax = 3, narrowRange = true) record A(@Weight INDArray w) {}
          affine = true with format = NF4                                  | @Quantize(format = Format.NF4, affine = true) record A(@Weight INDArray w) {}
          format = NF4 with unsigned = true                                | @Quantize(format = Format.NF4, unsigned = true) record A(@Weight INDArray w) {}
          write "O" for a scale per output channel of a weight             | @Quantize(bits = 8, per = "channel") record A(@Weight(layout = "OI") INDArray w) {}
          write "OI"                                                       | @Quantize(bits = 8) record A(@Weight(layout = "oi") INDArray w) {}
          declare it as INDArray, null where there is none                 | @Quantize(bits = 8) record A(@Weight INDArray w, @Bias Optional<INDArray> b) {}
          let forward return one INDArray, or remove it                    | @Quantize(role = Role.OUTPUT, bits = 8) class A { public List<INDArray> forward(@Input INDArray x) { return List.of(x); } }
          stays float if no @Quantize on it or on the class applies        | @Quantize(bits = 8) record A(@Weight INDArray w, @SkipQuantize @Weight INDArray v) {}
          M() {} @QuantizeCreator M(Linear fc) { this.fc = fc; }           | @QuantizeModel class M { private transient Linear fc; public Linear fc() { return fc; } }
          declare it as Linear, or keep it float                           | @QuantizeModel record M(java.util.function.Supplier<Linear> fc) {}
          declare it as List<Linear>, or keep it float                     | @QuantizeModel record M(Set<Linear> fc) {}
          assign fc in the constructors, not where it is declared, and add | @QuantizeModel class M { final Linear[] fc = new Linear[1]; M(Linear a) { fc[0] = a; } }
          rename the parameter to weight, and add: INDArray weight()       | @Quantize(bits = 8) class A { @Weight private final INDArray weight; A(INDArray w) { this.weight = w.dup(); } }
          'o' is not an axis letter; did you mean O?                       | @Quantize(bits = 8, per = "o") record A(@Weight(layout = "OI") INDArray w) {}
          '0' is not an axis letter; did you mean O?                       | @Quantize(bits = 8, per = "0") record A(@Weight(layout = "OI") INDArray w) {}
          O occurs twice; name each axis once                              | @Quantize(bits = 8, per = "OO") record A(@Weight(layout = "OI") INDArray w) {}
          amax = 1.0E300, which is infinite in float32                     | @Quantize(bits = 8, amax = 1e300) record A(@Weight INDArray w) {}
          amax = 1.0E-300, which is too small for float32                  | @Quantize(bits = 8, amax = 1e-300) record A(@Weight INDArray w) {}
          scaleAmax = 1.0E300, which is infinite in float32                | @Quantize(bits = 8, scaleAmax = 1e300) record A(@Weight INDArray w) {}
          did you mean 99.99?                                              | @Quantize(bits = 8, calib = Calib.PERCENTILE, percentile = 0.9999) record A(@Weight INDArray w) {}
          on a List<? extends INDArray> (w) is not supported yet; leave it out, since it would have no effect: declare it as List<INDArray> or INDArray[] | class A { @Weight final List<? extends INDArray> w; A(List<? extends INDArray> w) { this.w = w; } }
          declare it as List<INDArray> or INDArray[]                       | @SuppressWarnings("rawtypes") class A { @Weight final List w; A(List w) { this.w = w; } }
          on an ArrayList<INDArray> (w)                                    | class A { @Weight final ArrayList<INDArray> w; A(ArrayList<INDArray> w) { this.w = w; } }
          declare it as INDArray, and give it Nd4j.create(w)               | record A(@Weight float[] w) {}
          declare it as INDArray, and give it Nd4j.create(w)               | record A(@Weight double[][] w) {}
          give it Nd4j.createFromArray(w).castTo(DataType.FLOAT)           | record A(@Weight byte[] w) {}
          declare it as INDArray, or remove @Weight                        | record A(@Weight List<Float> w) {}
          write @Quantize(role = Role.INPUT, bits = 4) on the class, where it replaces the recipe's, and remove it from x | @Int8 class A { @Weight(layout = "IO") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "…C") @Quantize(bits = 4) INDArray x) { return x.mmul(w); } }
          write @Quantize(bits = 4, per = "O") on the class, where it replaces the recipe's, and remove it from w | @Int8 class A { @Weight(layout = "IO") @Quantize(bits = 4, per = "O") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "…C") INDArray x) { return x.mmul(w); } }
          replace the recipe by the rest of it: @Quantize(bits = 8, per = "O") | @Int8 class A { @Weight(layout = "IO") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "…C") @Quantize(bits = 4) INDArray x, @Input(layout = "…C") @Quantize(bits = 6) INDArray y) { return x.mmul(w); } }
          write layout = "IO", or transpose w in the product               | @Int8 class A { @Weight(layout = "OI") final INDArray w; A(INDArray w) { this.w = w; } public INDArray forward(@Input(layout = "…C") INDArray x) { return x.mmul(w); } }
          annotate it, for instance with @Int8 on D and @Weight(layout = "OI") on w; or keep it float with @SkipQuantize | class D { INDArray w; INDArray forward(INDArray x) { return x.mmul(w); } } @QuantizeModel record M(D d) {}
          make A(INDArray) package-private                                 | class A { @Weight final INDArray w; private A(INDArray w) { this.w = w; } }
          declare each SDVariable on its own                               | class A { @Weight final List<SDVariable> w; A(List<SDVariable> w) { this.w = w; } }
          give each tensor a parameter of its own, with its own @Input     | class A { public INDArray forward(@Input List<INDArray> x) { return x.get(0); } }
          on an INDArray[] (x)                                             | class A { public INDArray forward(@Input INDArray... x) { return x[0]; } }
          the field is private, and of type INDArray[]; add: List<INDArray> w() { return List.of(w); } | class A { private final INDArray[] w; A(@Weight List<INDArray> w) { this.w = w.toArray(new INDArray[0]); } }
          or add: INDArray[] w() { return w.toArray(new INDArray[0]); }    | class A { @Weight final List<INDArray> w; A(INDArray[] w) { this.w = List.of(w); } }
          the field is private; add to B: INDArray w() { return w; }       | class B { private final INDArray w; B(INDArray w) { this.w = w; } } class A extends B { A(@Weight INDArray w) { super(w); } }
          or add: double factor() { return …; }                            | class A { @Weight final INDArray w; A(INDArray w, double factor) { this.w = w; } }
          is static, so the wrapper cannot put its quantizers around it; remove static | @Quantize(role = Role.INPUT, bits = 8) class A { public static INDArray forward(@Input INDArray x) { return x; } }
          @SmoothInto: "fc3" does not exist                                | @QuantizeModel record M(@SmoothInto("fc3") Linear a, Linear fc2) {}
          declare it as List<Linear>, or keep it float with @SkipQuantize      | @QuantizeModel record M(Set<Linear> a) {}
          R is an annotation type: only classes and records can be layers or models; remove it | @QuantizeModel @interface R {}
          accessor w() of A throws IOException                             | class A { private final INDArray w; A(@Weight INDArray w) { this.w = w; } INDArray w() throws java.io.IOException { return w; } }
          """)
  void saysWhatAndHow(String part, String source) {
    assertMessage(part, Compiled.source("Shared", SHARED), Compiled.source("Example", source));
  }

  @Test
  void ofFieldsInOtherPackages() {
    JavaFileObject base =
        Compiled.source(
            "Base",
            "public class Base { %s final INDArray w; public Base(INDArray w) { this.w = w; } }"
                .formatted("protected"));
    String sub =
        "package com.other; import dev.bitfold.annotations.*;"
            + " import org.nd4j.linalg.api.ndarray.INDArray;"
            + " class A extends com.acme.Base { A(@Weight INDArray w) { super(w); } }";
    JavaFileObject other =
        com.google.testing.compile.JavaFileObjects.forSourceString("com.other.A", sub);
    assertMessage(
        "the field is protected in com.acme.Base, in another package;"
            + " add: INDArray w() { return w; }",
        base,
        other);
    JavaFileObject hidden =
        Compiled.source(
            "Base",
            "public class Base { final INDArray w; public Base(INDArray w) { this.w = w; } }");
    assertMessage(
        "the field is package-private in com.acme.Base, in another package;"
            + " add to Base: public INDArray w() { return w; }",
        hidden,
        other);
  }

  @Test
  void aConstantThatDoesNotExistIsLeftToTheCompiler() {
    Compilation compilation =
        Compiled.compile(
            List.of("-Xlint:none"),
            Compiled.source("Example", "@Quantize(bits = FOO) record A(@Weight INDArray w) {}"));
    assertEquals(
        List.of("compiler.err.cant.resolve"),
        compilation.diagnostics().stream()
            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
            .map(Diagnostic::getCode)
            .collect(Collectors.toList()));
  }

  private static void assertMessage(String part, JavaFileObject... sources) {
    Compilation compilation = Compiled.compile(List.of("-Xlint:none"), sources);
    List<String> errors =
        compilation.diagnostics().stream()
            .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
            .map(d -> d.getMessage(Locale.ROOT).replaceAll("\n *", "; "))
            .toList();
    assertEquals(1, errors.size(), errors.toString());
    assertEquals(part, errors.get(0).contains(part) ? part : errors.get(0));
  }

  private static final String SHARED =
      """
      @Int8 class Linear {
        @Weight(layout = "OI") final INDArray weight;
        Linear(INDArray weight) { this.weight = weight; }
        public INDArray forward(@Input(layout = "…C") INDArray x) { return x; }
      }
      """;
}
