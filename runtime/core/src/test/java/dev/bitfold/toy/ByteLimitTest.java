package dev.bitfold.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Plan;
import dev.bitfold.calibration.Progress;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What the searches keep stays under a byte limit of the user's. */
class ByteLimitTest {
  private static final int BATCHES = 16;

  /** "Off", and 0 to 1 in steps of 0.05. */
  private static final int CANDIDATES = 22;

  /** The bytes of both layers' outputs for one batch of 4 x 5 rows. */
  private static final long EACH = 4L * 5 * (12 + 4) * Float.BYTES;

  private final ToyNet net =
      new ToyNet(new ToyLinear(normal(1, 8, 12)), new ToyLinear(normal(2, 12, 4)));
  private final List<INDArray> batches =
      IntStream.range(0, BATCHES).mapToObj(i -> normal(10 + i, 4, 5, 8)).toList();

  private static INDArray normal(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(shape);
  }

  /** How many batches alpha was searched on: each candidate runs them all. */
  private long searchedOn(Plan<ToyNet> plan) {
    List<Long> totals = new ArrayList<>();
    plan.withProgress(
            (Progress progress) -> {
              if (progress.stage().equals("searching alpha")) {
                totals.add(progress.total().orElseThrow());
              }
            })
        .calibrate(batches, ToyNet::forward)
        .smoothQuant();
    return totals.get(0) / CANDIDATES;
  }

  @Test
  void aLowerLimitKeepsFewerBatches() {
    assertEquals(BATCHES, searchedOn(ToyNet.plan(net)));
    for (long limit : new long[] {BATCHES * EACH, 9 * EACH, 8 * EACH, 3 * EACH, EACH}) {
      long kept = searchedOn(ToyNet.plan(net).withByteLimit(limit));
      assertTrue(kept >= 1 && kept * EACH <= limit, kept + " batches with a limit of " + limit);
      assertTrue(2 * kept * EACH > limit || kept == BATCHES, kept + " batches of " + limit);
    }
  }

  @Test
  void oneBatchIsKeptInAnyCase() {
    assertEquals(1, searchedOn(ToyNet.plan(net).withByteLimit(1)));
  }

  @Test
  void aLimitOfNothingIsRefused() {
    assertEquals(
        "a limit of 0 bytes; it is 1 at least",
        assertThrows(IllegalArgumentException.class, () -> ToyNet.plan(net).withByteLimit(0))
            .getMessage());
  }
}
