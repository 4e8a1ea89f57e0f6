package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.bitfold.examples.embeddings.MiniLmFixture;
import dev.bitfold.examples.embeddings.data.StsData;
import dev.bitfold.examples.embeddings.text.BatchEmbedder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;

@Tag("slow")
class MiniLmConcurrencyTest {
  private static final int THREADS = 8;

  @Test
  void eightThreadsGetTheSameBitsAsOne() throws Exception {
    MiniLm model = MiniLmFixture.MODEL;
    List<Batch> batches = MiniLmFixture.batches(5, 8);
    List<float[][]> alone = batches.stream().map(b -> model.forward(b).toFloatMatrix()).toList();

    ExecutorService pool = Executors.newFixedThreadPool(THREADS);
    try {
      CyclicBarrier start = new CyclicBarrier(THREADS);
      List<Future<float[][][]>> futures = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int first = t;
        futures.add(
            pool.submit(
                () -> {
                  start.await();
                  float[][][] results = new float[batches.size()][][];
                  // Each thread has another order, so that batches of different shapes meet.
                  for (int i = 0; i < results.length; i++) {
                    int b = (first + i) % results.length;
                    results[b] = model.forward(batches.get(b)).toFloatMatrix();
                  }
                  return results;
                }));
      }
      for (Future<float[][][]> future : futures) {
        float[][][] results = future.get();
        for (int b = 0; b < results.length; b++) {
          for (int i = 0; i < results[b].length; i++) {
            assertArrayEquals(alone.get(b)[i], results[b][i], "batch " + b + ", sentence " + i);
          }
        }
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void theResultOutlivesTheNextCall() {
    MiniLm model = MiniLmFixture.MODEL;
    List<Batch> batches = BatchEmbedder.batches(MiniLmFixture.TOKENIZER, StsData.calibration(64));
    INDArray first = model.forward(batches.get(0));
    float[][] before = first.toFloatMatrix();
    model.forward(batches.get(1));
    assertFalse(first.isAttached());
    assertArrayEquals(before, first.toFloatMatrix());
  }
}
