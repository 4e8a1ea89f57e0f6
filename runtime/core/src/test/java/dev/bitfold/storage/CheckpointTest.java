package dev.bitfold.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.kernel.Kernels;
import dev.bitfold.toy.ToyStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Checks what a checkpoint's file holds, and that another file is refused. */
class CheckpointTest {
  private static final Path NAMED = Path.of("named.safetensors");
  private static final String MOMENT = "bitfold.updater/M/layers.0.weight";

  private final ToyStack stack = ToyStack.random(1, 4, 4, 4);
  private final ModelShape shape = ModelShape.of(stack, ToyStack.component(), Kernels.active());
  private final INDArray weight =
      Nd4j.linspace(1, 16, 16).reshape(4, 4).castTo(org.nd4j.linalg.api.buffer.DataType.FLOAT);
  private final Map<String, QuantDescriptor> descriptors =
      Map.of("layers.0.weight", QuantDescriptor.bits(4));

  @TempDir
  @SuppressWarnings("NullAway.Init") // JUnit sets it
  Path folder;

  private Checkpoint checkpoint() {
    Map<String, INDArray> floats = new LinkedHashMap<>();
    floats.put("layers.0.weight", weight);
    floats.put("layers.1.weight", weight.dup());
    State state = State.FLOAT.withDescriptors(descriptors).withSmoothing(Map.of(), floats);
    Map<String, Map<String, INDArray>> moments = new LinkedHashMap<>();
    moments.put(
        "layers.0.weight",
        new LinkedHashMap<>(Map.of("M", Nd4j.createFromArray(new float[] {.5f, 2}))));
    moments.put("layers.0.x.amax", Map.of());
    return new Checkpoint(
        StateFile.of(shape, state, "a summary"),
        7,
        3,
        Map.of("weights and biases", "Adam"),
        Map.of("weights and biases", "Adam(0.1)"),
        moments,
        Set.of("layers.0.x.amax"),
        Map.of("layers.1.weight", "layers.0.weight"));
  }

  private Path written(Safetensors contents) throws IOException {
    Path file = folder.resolve("checkpoint");
    contents.write(file);
    return file;
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    Safetensors contents = checkpoint().toSafetensors();
    assertNull(contents.metadata().get("bitfold.version"), "it is no quantized model");
    assertEquals("1", contents.metadata().get("bitfold.checkpoint_version"));
    assertEquals(
        "{\"tensors\":[\"layers.0.weight\",\"layers.1.weight\",\"" + MOMENT + "\"]}",
        contents.metadata().get("bitfold.contents"));

    Path file = written(contents);
    Checkpoint read = Checkpoint.read(file);

    assertEquals(7, read.steps());
    assertEquals(3, read.epoch());
    assertEquals(Map.of("weights and biases", "Adam"), read.updaters());
    assertEquals(Map.of("weights and biases", "Adam(0.1)"), read.settings());
    assertEquals(
        List.of("layers.0.weight", "layers.0.x.amax"), List.copyOf(read.moments().keySet()));
    assertEquals(
        Nd4j.createFromArray(new float[] {.5f, 2}),
        Objects.requireNonNull(read.moments().get("layers.0.weight")).get("M"));
    assertEquals(Map.of(), read.moments().get("layers.0.x.amax"));
    assertEquals(Set.of("layers.0.x.amax"), read.fixed());
    assertEquals("a summary", read.state().summary());
    assertEquals(weight, read.state().state().tensors().get("layers.0.weight"));
    Path again = folder.resolve("again");
    read.toSafetensors().write(again);
    assertEquals(-1, Files.mismatch(file, again), "the first byte that differs");
  }

  @Test
  void sharedTensorsAreOneArrayAgain() throws IOException {
    Checkpoint read = Checkpoint.read(written(checkpoint().toSafetensors()));

    State state = read.stateFor(NAMED, shape, descriptors);

    INDArray first = state.tensors().get("layers.0.weight");
    assertEquals(weight, first);
    assertSame(first, state.tensors().get("layers.1.weight"));
    assertEquals(descriptors, state.descriptors());
  }

  private static String message(Executable action) {
    return String.valueOf(assertThrows(StateFileException.class, action).getMessage());
  }

  @Test
  void anotherPlanIsRefused() {
    Checkpoint saved = checkpoint();
    String now = DescriptorJson.write(QuantDescriptor.bits(8));
    String before = DescriptorJson.write(QuantDescriptor.bits(4));
    assertEquals(
        "named.safetensors: layers.0.weight is "
            + before
            + " in the file and float in the plan; layers.1.weight is float in the file and "
            + now
            + " in the plan",
        message(
            () ->
                saved.stateFor(NAMED, shape, Map.of("layers.1.weight", QuantDescriptor.bits(8)))));
    Map<String, QuantDescriptor> all = new LinkedHashMap<>(descriptors);
    shape.sites().keySet().forEach(path -> all.putIfAbsent(path, QuantDescriptor.bits(8)));
    String many = message(() -> saved.stateFor(NAMED, shape, all));
    assertEquals(shape.sites().size() - 1, 7, "differences");
    assertEquals(6, many.split("; ", -1).length, many);
    assertEquals("and 2 more differences", many.substring(many.lastIndexOf("; ") + 2));
  }

  @Test
  void otherParametersAreRefused() throws IOException {
    Checkpoint saved = checkpoint();
    saved.requireSame(NAMED, Set.of("layers.0.weight", "layers.0.x.amax"));
    assertEquals(
        "named.safetensors: layers.0.x.amax is trained in the file and not in the model;"
            + " layers.1.bias is trained in the model and not in the file",
        message(
            () ->
                saved.requireSame(
                    NAMED, new LinkedHashSet<>(List.of("layers.0.weight", "layers.1.bias")))));
    Set<String> five = Set.of("layers.0.weight", "layers.0.x.amax", "a", "b", "c", "d", "e");
    String all = message(() -> saved.requireSame(NAMED, five));
    assertEquals(5, all.split("; ", -1).length, all);
  }

  @Test
  void otherUpdatersAreRefused() throws IOException {
    Checkpoint saved = checkpoint();
    saved.requireSame(NAMED, Map.of("weights and biases", "Adam"));
    assertEquals(
        "named.safetensors: weights and biases were trained with Adam, and would go on with Sgd: give"
            + " an updater of the same class; its rates may differ",
        message(() -> saved.requireSame(NAMED, Map.of("weights and biases", "Sgd"))));
  }

  private void refused(String why, Safetensors contents) throws IOException {
    Path file = written(contents);
    assertEquals(file + ": " + why, message(() -> Checkpoint.read(file)));
  }

  private static Safetensors with(Safetensors whole, String key, String text) {
    Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
    metadata.put(key, text);
    return new Safetensors(metadata, whole.tensors());
  }

  private static Safetensors with(Safetensors whole, String tensor) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>(whole.tensors());
    tensors.put(tensor, StoredTensor.of(new float[] {1}, 1));
    return new Safetensors(whole.metadata(), tensors);
  }

  @Test
  void anotherFileIsRefused() throws IOException {
    Safetensors whole = checkpoint().toSafetensors();
    refused(
        "its checkpoint is of version 2, and this library reads 1",
        with(whole, "bitfold.checkpoint_version", "2"));
    Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
    metadata.remove("bitfold.checkpoint_version");
    refused("it holds no checkpoint of training", new Safetensors(metadata, whole.tensors()));
    metadata.put("bitfold.version", "1");
    refused(
        "it holds a quantized model, and no checkpoint of training: load reads it",
        new Safetensors(metadata, whole.tensors()));
    for (String steps : List.of("-1", "many", "2147483648")) {
      refused("its bitfold.steps is " + steps, with(whole, "bitfold.steps", steps));
    }
    assertEquals(0, Checkpoint.read(written(with(whole, "bitfold.epoch", "0"))).epoch());
    refused(
        "it trains only a part of [layers.9.bias]",
        with(whole, "bitfold.fixed", "{\"tensors\":[\"layers.9.bias\"]}"));
    refused(
        "its tensor layers.9.weight is missing",
        with(whole, "bitfold.shared", "{\"layers.1.weight\":\"layers.9.weight\"}"));
  }

  @Test
  void partsThatAreMissingOrDoNotBelongAreNamed() throws IOException {
    Safetensors whole = checkpoint().toSafetensors();
    for (String name : whole.tensors().keySet()) {
      Map<String, StoredTensor> tensors = new LinkedHashMap<>(whole.tensors());
      tensors.remove(name);
      refused("its tensor " + name + " is missing", new Safetensors(whole.metadata(), tensors));
    }
    for (String key : whole.metadata().keySet()) {
      if (!key.equals("bitfold.checkpoint_version")) {
        Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
        metadata.remove(key);
        refused("its metadata has no " + key, new Safetensors(metadata, whole.tensors()));
      }
    }
    refused("its tensor bitfold.updater/M has no meaning", with(whole, "bitfold.updater/M"));
    refused(
        "its tensor bitfold.updater/M/layers.9.weight has no meaning",
        with(whole, "bitfold.updater/M/layers.9.weight"));
    refused("its tensors [typo] have no meaning", with(whole, "typo"));
  }
}
