package dev.bitfold.kernel.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Checks that work is divided without gaps, and that failures on any thread are reported. */
class KernelThreadsTest {
  @ParameterizedTest
  @CsvSource({"1,10,1,1", "2,1000,10,7", "3,1031,1,64", "5,1031,500,1", "8,17,1,16", "4,0,1,8"})
  void everyElementIsWorkedOnOnce(int threads, int length, int least, int align) {
    AtomicIntegerArray seen = new AtomicIntegerArray(length);
    new KernelThreads(threads)
        .share(
            length,
            least,
            align,
            (from, to) -> {
              assertEquals(0, from % align);
              for (int i = from; i < to; i++) {
                seen.incrementAndGet(i);
              }
            });
    for (int i = 0; i < length; i++) {
      assertEquals(1, seen.get(i), "element " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void failureIsThrownAndThePoolGoesOn(boolean onPool) {
    KernelThreads threads = new KernelThreads(2);
    Thread caller = Thread.currentThread();
    CountDownLatch failing = new CountDownLatch(1);
    RuntimeException thrown =
        assertThrows(
            RuntimeException.class,
            () ->
                threads.share(
                    1000,
                    1,
                    1,
                    (from, to) -> {
                      boolean own = Thread.currentThread() == caller;
                      if (own == onPool) {
                        await(failing);
                      } else {
                        failing.countDown();
                        throw new IllegalArgumentException("share " + from);
                      }
                    }));
    Throwable cause = onPool ? thrown.getCause() : thrown;
    assertTrue(cause instanceof IllegalArgumentException, "" + thrown);
    everyElementOf(threads);
  }

  private static void everyElementOf(KernelThreads threads) {
    AtomicIntegerArray seen = new AtomicIntegerArray(100);
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            threads.share(
                100,
                1,
                1,
                (from, to) -> {
                  for (int i = from; i < to; i++) {
                    seen.incrementAndGet(i);
                  }
                }));
    for (int i = 0; i < 100; i++) {
      assertEquals(1, seen.get(i));
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
