package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.Calibration;
import dev.bitfold.Plan;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.Recipe;
import dev.bitfold.diagnosis.Summary;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Many tensors and layers at once: by a pattern of paths, or by a class. */
class PatternsTest {
  private static final QuantDescriptor THREE_BITS = QuantDescriptor.bits(3);

  private final Plan<ToyStack> plan = ToyStack.plan(ToyStack.random(1, 8, 8, 8, 8));
  private final List<INDArray> batches = ToyStack.batches(2, 4, 8);

  private static QuantDescriptor toThreeBits(QuantDescriptor descriptor) {
    return descriptor.toBuilder().bits(3).build();
  }

  /** The paths whose descriptors differ. */
  private static Set<String> changed(Plan<?> from, Plan<?> to) {
    Set<String> paths = new TreeSet<>(from.descriptors().keySet());
    paths.addAll(to.descriptors().keySet());
    paths.removeIf(
        path -> {
          QuantDescriptor before = from.descriptors().get(path);
          return before != null && before.equals(to.descriptors().get(path));
        });
    return paths;
  }

  private static Set<String> paths(String text) {
    return new TreeSet<>(List.of(text.split(" +", -1)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          layers.1.weight    | layers.1.weight
          layers.*.weight    | layers.0.weight layers.1.weight layers.2.weight
          **.weight          | layers.0.weight layers.1.weight layers.2.weight
          layers.1.*         | layers.1.weight layers.1.x
          layers.1.**        | layers.1.weight layers.1.x
          **.1.**            | layers.1.weight layers.1.x
          layers.*.w*t       | layers.0.weight layers.1.weight layers.2.weight
          **.layers.2.x      | layers.2.x
          layers.2           | layers.2.weight layers.2.x
          lay*.2             | layers.2.weight layers.2.x
          """)
  void skipTakesTensorsAndLayersByPattern(String pattern, String expected) {
    assertEquals(paths(expected), changed(plan, plan.skip(pattern)));
    Set<String> left = new TreeSet<>(plan.descriptors().keySet());
    left.removeAll(paths(expected));
    Summary summary = plan.calibrate(batches, ToyStack::forward).skip(pattern).freeze().summary();
    assertEquals(left, new TreeSet<>(summary.rows().stream().map(Summary.Row::path).toList()));
  }

  @Test
  void describeTakesTheQuantizedTensorsOfAPattern() {
    assertEquals(
        paths("layers.0.weight layers.1.weight layers.2.weight"),
        changed(plan, plan.describe("**.weight", THREE_BITS)));
    Plan<ToyStack> skipped = plan.skip("layers.1");
    assertEquals(
        paths("layers.0.x layers.2.x"),
        changed(skipped, skipped.describe("layers.*.x", THREE_BITS)));
    assertEquals(paths("layers.1.x"), changed(skipped, skipped.describe("layers.1.x", THREE_BITS)));
  }

  @Test
  void aChangeKeepsWhatItDoesNotChange() {
    QuantDescriptor kept = QuantDescriptor.builder().bits(3).per("O").build();
    Plan<ToyStack> changed = plan.describe("layers.*.weight", PatternsTest::toThreeBits);
    assertEquals(kept, changed.descriptors().get("layers.2.weight"));
    assertEquals(
        changed.descriptors(),
        plan.describe(ToyDense.class, "weight", PatternsTest::toThreeBits).descriptors());
    assertEquals(
        THREE_BITS,
        plan.describe("layers.*.weight", THREE_BITS).descriptors().get("layers.2.weight"));
  }

  @Test
  void aClassStandsForItsLayers() {
    Plan<ToyStack> first = plan.describe("layers.0.x", THREE_BITS);
    assertEquals(Set.of(), first.skip("layers.0").skip(ToyDense.class).descriptors().keySet());
    assertEquals(Set.of(), first.skip(Object.class).descriptors().keySet());
    assertEquals(
        plan.using(Recipe.INT8).descriptors(),
        plan.using(Recipe.INT8, ToyDense.class).descriptors());
  }

  @Test
  void aRecipeForSomeLayersLeavesTheOthers() {
    Plan<ToyStack> some = plan.using(Recipe.INT8, "layers.1");
    assertEquals(paths("layers.1.weight"), changed(plan, some));
    assertEquals(Set.of("layers.0", "layers.2"), some.layersToSmooth());
    assertEquals(
        Set.of("layers.0"), some.using(Recipe.INT8, "**.2").skip("layers.1").layersToSmooth());
  }

  @Test
  void amaxIsGivenToTheWeightsOfAPattern() {
    Calibration<ToyStack> calibration = plan.calibrate(batches, ToyStack::forward);
    Summary before = calibration.freeze().summary();
    for (String pattern : new String[] {"layers.1", "layers.1.weight", "**.1.**"}) {
      Summary after =
          calibration
              .weightAmax(pattern, (path, weight) -> Nd4j.valueArrayOf(new long[] {8}, 9f))
              .freeze()
              .summary();
      for (Summary.Row row : before.rows()) {
        Summary.Row other = after.row(row.path()).orElseThrow();
        assertEquals(!row.path().equals("layers.1.weight"), row.equals(other), row.path());
      }
    }
  }

  private static void refused(String message, Executable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action);
    assertEquals(message, e.getMessage());
  }

  @Test
  void whatMatchesNothingIsRefusedWithNearNames() {
    Calibration<ToyStack> calibration = plan.calibrate(batches, ToyStack::forward);
    String tensor = "the model has no quantized tensor or layer ";
    refused(tensor + "'layer.*'; did you mean 'layers.*'?", () -> plan.skip("layer.*"));
    refused(
        tensor + "'layers.3.x'; did you mean 'layers.0.x' or 'layers.1.x' or 'layers.2.x'?",
        () -> calibration.skip("layers.3.x"));
    refused(
        tensor
            + "'String'; there are 'layers.0.weight', 'layers.0.x', 'layers.1.weight' and 6 more",
        () -> plan.skip(String.class));
    refused(
        "the model has no tensor 'layers.0.wieght'; did you mean 'layers.0.weight' or"
            + " 'layers.1.weight' or 'layers.2.weight'?",
        () -> plan.describe("layers.0.wieght", THREE_BITS));
    refused(
        "the model has no quantized tensor 'layers.*.y'; did you mean 'layers.*.x'?",
        () -> plan.describe("layers.*.y", THREE_BITS));
    refused(
        "the model has no quantized tensor 'layers.0.bias'; did you mean 'layers.0.x'?",
        () -> plan.describe("layers.0.bias", PatternsTest::toThreeBits));
    refused(
        "the model has no quantized layer 'layers.x'; did you mean 'layers.0' or 'layers.1' or"
            + " 'layers.2'?",
        () -> plan.using(Recipe.INT8, "layers.x"));
    refused(
        "the model has no quantized weight with an amax 'layers.*.x'; did you mean 'layers.0' or"
            + " 'layers.1' or 'layers.2'?",
        () -> calibration.weightAmax("layers.*.x", (path, weight) -> weight));
  }
}
