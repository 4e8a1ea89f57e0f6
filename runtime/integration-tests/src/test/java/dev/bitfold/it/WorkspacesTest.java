package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks that nothing that a step of the lifecycle keeps is in the workspace that the application
 * has open around the step, and later closes and reuses.
 */
@Tag("slow")
@Tag("any-jdk")
class WorkspacesTest {
  private static final int C = 32;
  private static final WorkspaceConfiguration CONFIGURATION =
      WorkspaceConfiguration.builder()
          .initialSize(20_000_000)
          .policyAllocation(AllocationPolicy.STRICT)
          .policyLearning(LearningPolicy.NONE)
          .policySpill(SpillPolicy.REALLOCATE)
          .build();

  private final List<INDArray> batches =
      IntStream.range(0, 3).mapToObj(i -> Arrays.outliers(i, 64, C)).toList();
  private final INDArray probe = Arrays.outliers(100, 16, C);
  private final Mlp net =
      new Mlp(Linear.random(1, C, C), List.of(Linear.random(2, C, C)), Linear.random(3, 4, C));

  @TempDir Path folder;

  /** One step after another, each by way of {@link Steps#step}. */
  private interface Steps {
    <T> T step(Callable<T> action);
  }

  private static MemoryWorkspace open() {
    return Nd4j.getWorkspaceManager().getAndActivateWorkspace(CONFIGURATION, "APPLICATION");
  }

  private static <T> T plainly(Callable<T> action) {
    try {
      return action.call();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** In a workspace that is then closed and overwritten. */
  @SuppressWarnings("try") // a workspace is used by being open
  private static <T> T within(Callable<T> action) {
    T result;
    try (MemoryWorkspace workspace = open()) {
      result = plainly(action);
    }
    try (MemoryWorkspace workspace = open()) {
      for (int i = 0; i < 100; i++) {
        Nd4j.valueArrayOf(new long[] {10_000}, 777f, DataType.FLOAT);
      }
    }
    return result;
  }

  private String lifecycle(Steps steps, Path file) {
    var plan = steps.step(() -> MlpQuantizer.of(net));
    Calibration<Mlp> calibrated = steps.step(() -> plan.calibrate(batches, Mlp::forward));
    Calibration<Mlp> smoothed = steps.step(calibrated::smoothQuant);
    Calibration<Mlp> clipped =
        steps.step(() -> smoothed.weightAmax((path, w) -> w.amax(1).muli(0.9)));
    Calibration<Mlp> corrected = steps.step(clipped::correctBiases);
    Quantized<Mlp> frozen = steps.step(corrected::freeze);
    Quantized<Mlp> compressed = steps.step(frozen::compress);
    steps.step(
        () -> {
          compressed.save(file);
          return true;
        });
    Quantized<Mlp> loaded = steps.step(() -> MlpQuantizer.load(net, file));
    String diagnosis = steps.step(() -> calibrated.diagnose().toJson());
    Object sensitivity = steps.step(smoothed::sensitivity);
    Object advice = steps.step(() -> smoothed.advise(2));
    return String.join(
        "\n",
        calibrated.freeze().summary().toString(),
        diagnosis,
        sensitivity.toString(),
        advice.toString(),
        corrected.freeze().summary().toString(),
        calibrated.freeze().model().forward(probe).toString(),
        frozen.model().forward(probe).toString(),
        compressed.model().forward(probe).toString(),
        loaded.model().forward(probe).toString());
  }

  @Test
  void everyStepGivesWhatItGivesOutside() {
    String outside =
        lifecycle(
            new Steps() {
              @Override
              public <T> T step(Callable<T> action) {
                return plainly(action);
              }
            },
            folder.resolve("outside.safetensors"));

    String inside =
        lifecycle(
            new Steps() {
              @Override
              public <T> T step(Callable<T> action) {
                return within(action);
              }
            },
            folder.resolve("inside.safetensors"));

    assertEquals(outside, inside);
  }
}
