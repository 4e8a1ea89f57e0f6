package dev.bitfold.it.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Training;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.storage.Safetensors;
import dev.bitfold.storage.StateFileException;
import dev.bitfold.storage.StoredTensor;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.NoOp;
import org.nd4j.linalg.learning.config.Sgd;

/** Checks training that is saved and continued. */
class CheckpointTest {
  private static final int STEPS = 3;

  @TempDir private Path folder;

  private final Run run = Run.all().get(0);

  /** Two files are compared whole: every float, moment and scale, the steps and what is fixed. */
  @Test
  @Tag("slow")
  void aRunThatIsResumedInAnotherProcessIsTheRunWithoutABreak() throws Exception {
    List<Run> runs = Run.all();
    assertTrue(runs.size() > 60, runs.size() + " runs");
    for (Run each : runs) {
      Training<Net> training = each.begin();
      assertDoesNotThrow(() -> Run.steps(training, STEPS), each.name());
      training.save(folder.resolve(each.name() + ".begun"));
      Run.steps(training, STEPS);
      training.save(folder.resolve(each.name() + ".whole"));
    }
    resumeInAnotherProcess();
    for (Run each : runs) {
      byte[] whole = Files.readAllBytes(folder.resolve(each.name() + ".whole"));
      byte[] resumed = Files.readAllBytes(folder.resolve(each.name() + ".resumed"));
      assertArrayEquals(whole, resumed, each.name());
      byte[] begun = Files.readAllBytes(folder.resolve(each.name() + ".begun"));
      assertFalse(java.util.Arrays.equals(begun, whole), each.name());
    }
  }

  private void resumeInAnotherProcess() throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                ResumedRuns.class.getName(),
                folder.toString(),
                Integer.toString(STEPS))
            .redirectErrorStream(true)
            .redirectOutput(new File(log.toString()))
            .start();
    try {
      boolean ended = process.waitFor(3, TimeUnit.MINUTES);
      assertEquals(0, ended ? process.exitValue() : -1, Files.readString(log));
    } finally {
      process.destroyForcibly();
    }
  }

  private static void assertSame(Map<String, INDArray> expected, Map<String, INDArray> actual) {
    assertEquals(List.copyOf(expected.keySet()), List.copyOf(actual.keySet()));
    expected.forEach((name, value) -> assertSameBits(value, actual.get(name)));
  }

  private static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat());
  }

  @Test
  void savingChangesNothing() throws IOException {
    Training<Net> saved = run.begin();
    Training<Net> other = run.begin();
    for (int i = 0; i < STEPS; i++) {
      Run.steps(saved, 1);
      saved.save(folder.resolve("checkpoint"));
      Run.steps(other, 1);
    }
    assertSame(other.parameters(), saved.parameters());
  }

  @Test
  void whatIsResumedIsFrozenAsTheOneThatWasSaved() throws IOException {
    for (Run each : Run.all().stream().filter(r -> r.smoothed() || r == run).toList()) {
      Training<Net> training = each.begin();
      Run.steps(training, STEPS);
      Path file = folder.resolve("checkpoint");
      training.save(file);
      Training<Net> resumed = each.resume(file);
      assertEquals(STEPS, resumed.steps());
      assertEquals(training.epoch(), resumed.epoch());
      INDArray x = Run.batch(9);
      assertSameBits(training.model().forward(x), resumed.model().forward(x));
      assertSameBits(training.freeze().model().forward(x), resumed.freeze().model().forward(x));
      assertSameBits(training.floatModel().forward(x), resumed.floatModel().forward(x));
      var rows = resumed.freeze().summary().rows();
      var before = training.freeze().summary().rows();
      for (int i = 0; i < rows.size(); i++) {
        assertEquals(before.get(i).amax(), rows.get(i).amax());
        assertEquals(before.get(i).smoothing(), rows.get(i).smoothing());
      }
    }
  }

  @Test
  void anArrayOfTwoLayersStaysOneParameter() throws IOException {
    Dense one = Dense.random(5, 20, 20);
    Pair pair = new Pair(one, new Dense(one.weight(), Arrays.normal(4, 20), one.fault()));
    INDArray x = Arrays.normal(11, 8, 20);
    Plan<Pair> plan = PairQuantizer.of(pair);
    Training<Pair> training = plan.calibrate(List.of(x), Pair::forward).train(new Adam(1e-2));
    training.step(p -> p.learn(x));
    Path file = folder.resolve("checkpoint");
    training.save(file);
    Training<Pair> resumed = plan.resume(file, new Adam(1e-2));
    training.step(p -> p.learn(x));
    resumed.step(p -> p.learn(x));
    assertSame(training.parameters(), resumed.parameters());
    assertEquals(List.of("one.weight", "one.bias", "two.bias"), names(resumed));
  }

  private static List<String> names(Training<?> training) {
    return List.copyOf(training.parameters().keySet());
  }

  @Test
  void whatIsFixedStaysFixed() throws IOException {
    Training<Net> training = run.begin().holdFixed("fc");
    Run.steps(training, 1);
    Path file = folder.resolve("checkpoint");
    training.save(file);
    Training<Net> resumed = run.resume(file);
    Map<String, INDArray> before = resumed.parameters();
    Run.steps(resumed, 1);
    Map<String, INDArray> after = resumed.parameters();
    for (String name : List.of("fc.weight", "fc.bias", "fc.weight.amax", "fc.x.amax")) {
      assertSameBits(before.get(name), after.get(name));
    }
    assertFalse(before.get("head.weight").equals(after.get("head.weight")));
  }

  @Test
  void theRateMayDifferAndTheTrainingSaysSo() throws IOException {
    Run sgd = Run.all().stream().filter(r -> r.name().equals("Sgd")).findFirst().orElseThrow();
    Training<Net> training = sgd.begin();
    Run.steps(training, 1);
    Path file = folder.resolve("checkpoint");
    training.save(file);
    Training<Net> resumed = sgd.plan(Run.net(1)).resume(file, new Sgd(0), new Adam(1e-3));
    assertTrue(
        resumed
            .toString()
            .contains(
                "; weights and biases were trained with Sgd(learningRate=0.01,"
                    + " learningRateSchedule=null) and go on with Sgd(learningRate=0.0,"
                    + " learningRateSchedule=null)"),
        resumed.toString());
    assertFalse(resumed.toString().contains("learned scales"), resumed.toString());
    assertFalse(sgd.resume(file).toString().contains("go on"), "the same settings");
    Map<String, INDArray> before = resumed.parameters();
    Run.steps(resumed, 1);
    assertSameBits(before.get("fc.weight"), resumed.parameters().get("fc.weight"));
    assertFalse(before.get("fc.x.amax").equals(resumed.parameters().get("fc.x.amax")));
  }

  /** An updater of one's own may print nothing of itself, but where it lies in memory. */
  @Test
  void anUpdaterThatTellsNoSettingsIsNotComparedByIt() throws IOException {
    Run sgd = Run.all().stream().filter(r -> r.name().equals("Sgd")).findFirst().orElseThrow();
    Run silent = new Run("silent", sgd.weight(), sgd.input(), new Silent(), new Silent(), false);
    Training<Net> training = silent.begin();
    Path file = folder.resolve("checkpoint");
    training.save(file);
    Training<Net> resumed = silent.plan(Run.net(1)).resume(file, new Silent(), new Silent());
    assertFalse(resumed.toString().contains("go on"), resumed.toString());
  }

  @SuppressWarnings("serial") // it is not saved
  private static final class Silent extends NoOp {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }

    @Override
    public String toString() {
      return getClass().getName() + "@" + Integer.toHexString(hashCode());
    }
  }

  private Path saved() throws IOException {
    Training<Net> training = run.begin();
    Run.steps(training, STEPS);
    Path file = folder.resolve("checkpoint");
    training.save(file);
    return file;
  }

  private void assertRefused(Plan<?> plan, Path file, IUpdater updater, String... parts) {
    Exception e = assertThrows(StateFileException.class, () -> plan.resume(file, updater));
    assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  @Test
  void refusesWhatDiffers() throws IOException {
    Path file = saved();
    Plan<Net> plan = run.plan(Run.net(1));
    assertRefused(
        plan, file, new Nadam(1e-2), "weights and biases were trained with", "Adam", "Nadam");
    Exception scales =
        assertThrows(
            StateFileException.class, () -> plan.resume(file, new Adam(1e-2), new Sgd(1e-2)));
    assertTrue(scales.getMessage().contains("learned scales were"), scales.getMessage());
    QuantDescriptor other = run.weight().toBuilder().ste(Ste.CLIP).build();
    assertRefused(
        plan.describe("fc.weight", other), file, new Adam(), "fc.weight is {", "in the plan");
    assertRefused(plan.skip("head"), file, new Adam(), "head.weight is {", "float in the plan");
    Dense one = Dense.random(5, 20, 20);
    assertRefused(
        PairQuantizer.of(new Pair(one, one)), file, new Adam(), "another model", "fc.weight");
    Net wide = new Net(Dense.random(1, 12, 24), gain(24), Dense.random(2, 24, 5));
    assertRefused(run.plan(wide), file, new Adam(), "fc.weight", "[12, 20]", "[12, 24]");
    assertThrows(NoSuchFileException.class, () -> plan.resume(folder.resolve("none"), new Adam()));
  }

  private static Gain gain(int size) {
    return new Gain(Arrays.normal(7, size), Arrays.normal(8, size));
  }

  @Test
  void tellsACheckpointFromAQuantizedModel() throws IOException {
    Path checkpoint = saved();
    Path quantized = folder.resolve("quantized");
    run.resume(checkpoint).freeze().save(quantized);
    assertRefused(
        run.plan(Run.net(1)), quantized, new Adam(), "it holds a quantized model", "load");
    Exception e =
        assertThrows(StateFileException.class, () -> NetQuantizer.load(Run.net(1), checkpoint));
    assertTrue(e.getMessage().contains("Plan.resume reads it"), e.getMessage());
    Path foreign = folder.resolve("foreign");
    Files.writeString(foreign, "no safetensors file at all");
    assertRefused(run.plan(Run.net(1)), foreign, new Adam(), "not a safetensors file");
  }

  @Test
  void refusesEveryTruncatedAndDamagedFile() throws IOException {
    byte[] whole = Files.readAllBytes(saved());
    Path file = folder.resolve("damaged");
    Plan<Net> plan = run.plan(Run.net(1));
    Random random = new Random(3);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = whole.clone();
      if (i % 2 == 0) {
        bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      } else {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      }
      Files.write(file, bytes);
      Exception e =
          assertThrows(Exception.class, () -> plan.resume(file, new Adam()), "seed 3, case " + i);
      assertTrue(e instanceof StateFileException || e instanceof IOException, e.toString());
    }
  }

  /** The checksum is right, as a program that writes such files would have it. */
  @Test
  void refusesAFileWithoutOneOfItsParts() throws IOException {
    Safetensors whole = Safetensors.read(saved());
    Path file = folder.resolve("parts");
    Plan<Net> plan = run.plan(Run.net(1));
    for (String name : whole.tensors().keySet()) {
      Map<String, StoredTensor> tensors = new LinkedHashMap<>(whole.tensors());
      tensors.remove(name);
      new Safetensors(whole.metadata(), tensors).write(file);
      assertRefused(plan, file, new Adam(), name);
    }
    for (String key : whole.metadata().keySet()) {
      Map<String, String> metadata = new LinkedHashMap<>(whole.metadata());
      metadata.remove(key);
      new Safetensors(metadata, whole.tensors()).write(file);
      boolean version = key.equals("bitfold.checkpoint_version");
      assertRefused(plan, file, new Adam(), version ? "it holds no checkpoint" : key);
    }
  }

  @Test
  void aSaveThatFailsKeepsTheCheckpointBefore() throws IOException {
    Training<Net> training = run.begin();
    Run.steps(training, 1);
    Path file = folder.resolve("checkpoint");
    training.save(file);
    byte[] before = Files.readAllBytes(file);
    Exception within =
        assertThrows(
            IllegalStateException.class,
            () ->
                training.step(
                    net -> {
                      training.save(file);
                      return net.learn(Run.batch(0), Run.target(0));
                    }));
    assertTrue(within.getMessage().contains("save between steps"), within.getMessage());
    Path missing = folder.resolve("no-folder").resolve("checkpoint");
    assertThrows(IOException.class, () -> training.save(missing));
    assertArrayEquals(before, Files.readAllBytes(file));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    Run.steps(training, 1);
    training.save(file);
    assertEquals(2, run.resume(file).steps());
  }
}
