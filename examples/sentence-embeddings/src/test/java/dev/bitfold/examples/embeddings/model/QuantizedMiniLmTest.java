package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Calibration;
import dev.bitfold.Quantized;
import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks the quantized encoder. It is calibrated on few sentences and with one alpha, to be fast.
 */
@Tag("slow")
class QuantizedMiniLmTest {
  private static final int THREADS = 8;
  private static final List<Batch> BATCHES =
      BatchEmbedder.batches(MiniLmFixture.TOKENIZER, StsData.calibration(96));
  private static final Calibration<MiniLm> CALIBRATION =
      MiniLmQuantizer.of(MiniLmFixture.MODEL)
          .calibrate(BATCHES.subList(0, 2), MiniLm::forward)
          .smoothQuant(SmoothQuantOptions.alpha(0.85));
  private static final Quantized<MiniLm> QUANTIZED = CALIBRATION.freeze();

  @Test
  void everyLinearHasAQuantizedWeightAndInput() {
    // Two of each linear, and the two tables of the embeddings.
    assertEquals(36 * 2 + 2, QUANTIZED.summary().rows().size());
    assertEquals(36, CALIBRATION.alphaCurves().size());
    // The two norms of each layer are marked to stay float, and the summary says so.
    assertEquals(12, QUANTIZED.summary().skipped().size());
    assertTrue(
        QUANTIZED.summary().skipped().stream().allMatch(name -> name.endsWith("Norm (LayerNorm)")));
    assertTrue(QUANTIZED.summary().row("encoder.5.feedForward.fc2.x").isPresent());
  }

  @Test
  void theEmbeddingsOfUnseenSentencesStayNear() {
    MiniLm quantized = QUANTIZED.model();
    Batch unseen = BATCHES.get(2);
    float[][] expected = MiniLmFixture.MODEL.forward(unseen).toFloatMatrix();
    float[][] actual = quantized.forward(unseen).toFloatMatrix();

    double sum = 0;
    for (int i = 0; i < expected.length; i++) {
      double cosine = 0;
      for (int c = 0; c < expected[i].length; c++) {
        cosine += (double) expected[i][c] * actual[i][c];
      }
      sum += cosine;
    }
    double mean = sum / expected.length;
    assertTrue(mean > 0.99 && mean < 0.99999, "mean cosine " + mean);
  }

  @Test
  void eightThreadsGetTheSameBitsAsOne() throws Exception {
    MiniLm quantized = QUANTIZED.model();
    List<Batch> batches = MiniLmFixture.batches(3, 8);
    List<float[][]> alone =
        batches.stream().map(batch -> quantized.forward(batch).toFloatMatrix()).toList();
    List<Callable<Void>> checks = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      int first = t;
      checks.add(
          () -> {
            for (int i = 0; i < batches.size(); i++) {
              int b = (first + i) % batches.size();
              assertArrayEquals(alone.get(b), quantized.forward(batches.get(b)).toFloatMatrix());
            }
            return null;
          });
    }
    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      for (Future<Void> check : pool.invokeAll(checks)) {
        check.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
