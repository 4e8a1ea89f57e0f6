package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.model.Mlp;
import dev.bitfold.it.model.MlpQuantizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The summary in docs/getting-started.md is what Bitfold prints for a small model. */
class GettingStartedPageTest {
  private static final Path PAGE = Path.of("..", "..", "docs", "getting-started.md");

  @Test
  void thePageShowsASummaryAsItIsPrinted() throws IOException {
    Mlp model =
        new Mlp(
            Linear.random(1, 64, 64), List.of(Linear.random(2, 64, 64)), Linear.random(3, 8, 64));
    List<INDArray> batches =
        IntStream.range(0, 4).mapToObj(i -> Arrays.outliers(i, 60, 64)).toList();

    String printed =
        MlpQuantizer.of(model)
            .calibrate(batches, Mlp::forward)
            .smoothQuant()
            .freeze()
            .summary()
            .toString();

    String page = Files.readString(PAGE);
    assertTrue(
        page.contains("```\n" + printed + "```\n"),
        "docs/getting-started.md does not show:\n" + printed);
  }
}
