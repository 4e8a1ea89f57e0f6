package dev.bitfold.benchmarks;

import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;

/** Writes the sources of annotated layers, each with a class of its own. */
final class LayerSources {
  private static final String LAYER =
      """
      package layers;

      import dev.bitfold.annotations.Bias;
      import dev.bitfold.annotations.Input;
      import dev.bitfold.annotations.Quantize;
      import dev.bitfold.annotations.Role;
      import dev.bitfold.annotations.SmoothQuant;
      import dev.bitfold.annotations.Weight;
      import org.nd4j.linalg.api.ndarray.INDArray;

      @Quantize(bits = 8, per = "O")
      @Quantize(role = Role.INPUT, bits = 8)
      @SmoothQuant
      public class NAME {
        @Weight(layout = "OI")
        private final INDArray weight;

        @Bias(layout = "O")
        private final INDArray bias;

        public NAME(INDArray weight, INDArray bias) {
          this.weight = weight;
          this.bias = bias;
        }

        public INDArray weight() {
          return weight;
        }

        public INDArray bias() {
          return bias;
        }

        public INDArray forward(@Input(layout = "…C") INDArray x) {
          return x.mmul(weight.transpose()).addiRowVector(bias);
        }
      }
      """;

  private LayerSources() {}

  /** Returns the sources of a number of layers. */
  static List<JavaFileObject> of(int count) {
    return IntStream.range(0, count).mapToObj(i -> layer("Layer" + i)).toList();
  }

  private static JavaFileObject layer(String name) {
    String source = LAYER.replace("NAME", name);
    URI uri = URI.create("string:///layers/" + name + JavaFileObject.Kind.SOURCE.extension);
    return new SimpleJavaFileObject(uri, JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return source;
      }
    };
  }
}
