package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.Quantized;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.tensor.Placeholder;
import dev.bitfold.toy.ToyDense;
import dev.bitfold.toy.ToyStack;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks how a state's file tells the model that it was saved for from others. */
class StateOfAnotherModelTest {
  private static final Path NAMED = Path.of("named.safetensors");

  private final ToyStack stack = ToyStack.random(1, 8, 6, 4);

  private Quantized<ToyStack> quantized() {
    return ToyStack.plan(stack).calibrate(ToyStack.batches(2, 16, 8), ToyStack::forward).freeze();
  }

  private static ModelShape shape(ToyStack stack) {
    return ModelShape.of(stack, ToyStack.component(), Kernels.active());
  }

  private static ToyStack changed(ToyStack stack, int layers) {
    List<ToyDense> all = new ArrayList<>(stack.layers());
    for (int i = 0; i < layers; i++) {
      ToyDense layer = all.get(i);
      all.set(i, new ToyDense(layer.weight().add(1), layer.bias().add(1)));
    }
    return new ToyStack(all);
  }

  @Test
  void valuesOfAnotherModelAreNamedUpToFive() {
    ToyStack deep = ToyStack.random(3, 4, 4, 4, 4);
    List<INDArray> data = ToyStack.batches(1, 8, 4);
    StateFile file = ToyStack.plan(deep).calibrate(data, ToyStack::forward).freeze().state();

    assertEquals(file.state(), file.stateFor(NAMED, shape(deep)));
    assertEquals(List.of(), file.changed(shape(deep)));
    assertEquals(
        List.of("layers.0.weight", "layers.0.bias"), file.changed(shape(changed(deep, 1))));
    String other = "named.safetensors: it was saved for a model with other values in ";
    assertEquals(other + "layers.0.weight, layers.0.bias", message(file, changed(deep, 1)));
    assertEquals(
        other
            + "layers.0.weight, layers.0.bias, layers.1.weight, layers.1.bias, layers.2.weight and"
            + " 1 more",
        message(file, changed(deep, 3)));
    List<ToyDense> fiveOthers = new ArrayList<>(changed(deep, 2).layers());
    ToyDense last = fiveOthers.get(2);
    fiveOthers.set(2, new ToyDense(last.weight().add(1), last.bias()));
    assertEquals(
        other + "layers.0.weight, layers.0.bias, layers.1.weight, layers.1.bias, layers.2.weight",
        message(file, new ToyStack(fiveOthers)));
    List<ToyDense> skeletons = new ArrayList<>(deep.layers());
    skeletons.set(0, new ToyDense(Placeholder.of(4, 4), Placeholder.of(4)));
    assertEquals(
        other
            + "layers.0.weight, layers.0.bias, where this one has placeholders: only the file of a"
            + " compressed model brings all weights",
        message(file, new ToyStack(skeletons)));
    skeletons.set(0, new ToyDense(Placeholder.of(4, 4), deep.layers().get(0).bias().add(1)));
    assertEquals(other + "layers.0.weight, layers.0.bias", message(file, new ToyStack(skeletons)));
    assertEquals(
        "named.safetensors: it was saved for another model: layers.2.weight is weight IO [4, 4] in"
            + " the file and weight IO [4, 5] in the model; layers.2.bias is bias O [4] in the file"
            + " and bias O [5] in the model",
        message(file, ToyStack.random(3, 4, 4, 4, 5)));
  }

  private static String message(StateFile file, ToyStack stack) {
    return String.valueOf(
        assertThrows(StateFileException.class, () -> file.stateFor(NAMED, shape(stack)))
            .getMessage());
  }

  @Test
  void aHashIsOfShapeAndValues() {
    INDArray tensor = Nd4j.createFromArray(new float[][] {{1, 2}, {3, 4}});
    assertEquals(StateFile.hash(tensor), StateFile.hash(tensor.dup('f')));
    Set<String> hashes = new LinkedHashSet<>();
    hashes.add(StateFile.hash(tensor));
    hashes.add(StateFile.hash(tensor.reshape(4)));
    hashes.add(StateFile.hash(tensor.reshape(1, 4)));
    hashes.add(StateFile.hash(tensor.add(1)));
    assertEquals(4, hashes.size());

    StateFile smooth = quantized().compress().state();
    Map<String, String> floats = smooth.floatHashes(shape(stack));
    assertEquals(
        List.of("layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"),
        List.copyOf(floats.keySet()));
    assertEquals(StateFile.hash(stack.layers().get(0).weight()), floats.get("layers.0.weight"));
    ToyStack skeleton =
        new ToyStack(
            List.of(new ToyDense(Placeholder.of(8, 6), Placeholder.of(6)), stack.layers().get(1)));
    assertEquals(
        List.of("layers.1.weight", "layers.1.bias"),
        List.copyOf(smooth.floatHashes(shape(skeleton)).keySet()));
    StateFile plain = quantized().state();
    ToyStack other = changed(stack, 2);
    assertEquals(plain.weights(), plain.floatHashes(shape(other)), "the hashes that it knows");
    assertEquals(
        StateFile.hash(other.layers().get(1).bias()),
        smooth.floatHashes(shape(other)).get("layers.1.bias"));
  }
}
