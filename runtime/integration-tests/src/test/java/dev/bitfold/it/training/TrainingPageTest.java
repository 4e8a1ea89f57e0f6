package dev.bitfold.it.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.Training;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;

/** Checks that docs/training.md shows this code, which saves and resumes a training. */
class TrainingPageTest {
  private static final Path PAGE = Path.of("..", "..", "docs", "training.md");
  private static final Path SOURCE =
      Path.of("src", "test", "java", "dev", "bitfold", "it", "training", "TrainingPageTest.java");

  private record Batch(INDArray x, INDArray labels) {
    static Batch of(int step) {
      return new Batch(Run.batch(step), Run.target(step));
    }
  }

  private static Quantized<Net> train(Net net, List<INDArray> images, Path file, int steps)
      throws IOException {
    // The page begins here.
    Plan<Net> plan = NetQuantizer.of(net);
    Training<Net> training =
        Files.exists(file)
            ? plan.resume(file, new Adam(1e-3))
            : plan.calibrate(images, Net::forward).train(new Adam(1e-3));
    while (training.steps() < steps) {
      Batch batch = Batch.of(training.steps());
      training.step(m -> m.learn(batch.x(), batch.labels()));
      if (training.steps() % 100 == 0) {
        training.save(file);
      }
    }
    Quantized<Net> quantized = training.freeze();
    Net trained = training.floatModel();
    // The page ends here.
    assertEquals(
        training.parameters().get("fc.weight").toStringFull(),
        trained.fc().weight().toStringFull());
    return quantized;
  }

  @Test
  void aBreakChangesNothing(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("checkpoint");
    List<INDArray> images = List.of(Run.batch(0));
    INDArray whole = train(Run.net(1), images, folder.resolve("other"), 250).model().forward(X);
    train(Run.net(1), images, file, 130);
    INDArray resumed = train(Run.net(9), images, file, 250).model().forward(X);
    assertArrayEquals(whole.data().asFloat(), resumed.data().asFloat());
  }

  private static final INDArray X = Run.batch(7);

  @Test
  void thePageShowsThisCode() throws IOException {
    List<String> lines = Files.readAllLines(SOURCE);
    int from = lines.indexOf("    // The page begins here.") + 1;
    int to = lines.indexOf("    // The page ends here.");
    assertTrue(from > 0 && to > from);
    StringBuilder code = new StringBuilder("```java\n");
    lines.subList(from, to).forEach(line -> code.append(line.substring(4)).append('\n'));
    String page = Files.readString(PAGE);
    assertTrue(page.contains(code.append("```\n")), "docs/training.md does not show:\n" + code);
  }
}
