package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.toy.ToyStack;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaTest {
  private static Schema of(String... pathsAndTexts) {
    Map<String, String> tensors = new LinkedHashMap<>();
    for (int i = 0; i < pathsAndTexts.length; i += 2) {
      tensors.put(pathsAndTexts[i], pathsAndTexts[i + 1]);
    }
    return new Schema(tensors);
  }

  @Test
  void aModelIsDescribedByRolesLayoutsAndShapes() {
    ModelShape shape =
        ModelShape.of(ToyStack.random(1, 3, 5), ToyStack.component(), Kernels.active());

    Schema schema = Schema.of(shape);

    assertEquals(
        "{layers.0.weight=weight IO [3, 5], layers.0.bias=bias O [5], layers.0.x=input NC,"
            + " layers.0.output=output}",
        schema.tensors().toString());
    assertEquals(
        new Schema.Entry(TensorRole.WEIGHT, new Layout("IO"), List.of(3L, 5L)),
        schema.entry("layers.0.weight"));
    assertEquals(
        new Schema.Entry(TensorRole.INPUT, new Layout("NC"), List.of()),
        schema.entry("layers.0.x"));
    assertEquals(
        new Schema.Entry(TensorRole.OUTPUT, Layout.UNKNOWN, List.of()),
        schema.entry("layers.0.output"));
  }

  @Test
  void aWeightWithoutALayoutOrAxesIsDescribedToo() {
    Schema schema = of("a", "weight [7]", "b", "bias []");

    assertEquals(
        new Schema.Entry(TensorRole.WEIGHT, Layout.UNKNOWN, List.of(7L)), schema.entry("a"));
    assertEquals(new Schema.Entry(TensorRole.BIAS, Layout.UNKNOWN, List.of()), schema.entry("b"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "matrix IO [3]", "weight IO [3", "weight IO OI [3]", "weight IO [a]"})
  void otherTextsAreRefused(String text) {
    assertEquals(
        "the schema does not describe a: " + text,
        assertThrows(IllegalArgumentException.class, () -> of("a", text).entry("a")).getMessage());
    assertEquals(
        "the schema does not describe b: null",
        assertThrows(IllegalArgumentException.class, () -> of("a", "input").entry("b"))
            .getMessage());
  }

  /** The sums are those of {@code sha256sum}. */
  @Test
  void theHashTellsPathsFromTexts() {
    assertEquals("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", of().hash());
    assertNotEquals(of("a", "bc").hash(), of("ab", "c").hash());
    assertNotEquals(of("a", "b", "c", "d").hash(), of("c", "d", "a", "b").hash());
    assertEquals(HASH_OF_ONE, of("a", "input").hash());
  }

  /** Of {@code printf 'a\0input\0'}. */
  private static final String HASH_OF_ONE =
      "ab2eb9ad782ced36315837fba517d1330f874c8c644c0822e785200767c1880d";

  @Test
  void fiveDifferencesAreToldAndHowManyMoreThereAre() {
    Schema file = of("same", "input", "changed", "input NC", "gone", "output");
    Schema model = of("same", "input", "changed", "input CN", "new", "bias O [1]");
    List<String> three =
        List.of(
            "changed is input NC in the file and input CN in the model",
            "gone (output) is in the file and not in the model",
            "new (bias O [1]) is in the model and not in the file");

    assertEquals(three, file.differences(model));
    assertEquals(List.of(), file.differences(file));

    String[] many = new String[12];
    for (int i = 0; i < 6; i++) {
      many[2 * i] = "t" + i;
      many[2 * i + 1] = "input";
    }
    Schema six = of(many);
    Schema five = of(java.util.Arrays.copyOf(many, 10));
    assertEquals(5, five.differences(of()).size());
    assertEquals("t4 (input) is in the file and not in the model", five.differences(of()).get(4));
    List<String> ofSix = six.differences(of());
    assertEquals(5, ofSix.subList(0, 5).stream().filter(d -> d.startsWith("t")).count());
    assertEquals(6, ofSix.size());
    assertEquals("and 1 more differences", ofSix.get(5));
  }
}
