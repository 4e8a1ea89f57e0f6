package dev.bitfold.kernel.cpu;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The threads of the CPU kernels: a fixed pool of daemon threads, to which the caller's own is
 * added. The number is that of {@code -Dbitfold.threads}, else of the processors. Safe for
 * concurrent use.
 */
public final class KernelThreads {
  private static final KernelThreads SHARED =
      new KernelThreads(
          Math.max(
              1,
              Integer.getInteger("bitfold.threads", Runtime.getRuntime().availableProcessors())));

  /** A share of the work. */
  @FunctionalInterface
  public interface Range {
    /**
     * Works on the elements {@code from} up to {@code to}.
     *
     * @param from the first
     * @param to the one after the last
     */
    void run(int from, int to);
  }

  private volatile int threads;
  private final ExecutorService pool;

  /**
   * @param threads at least 1, the caller's included
   */
  public KernelThreads(int threads) {
    checkCount(threads);
    this.threads = threads;
    int most = Math.max(threads, Runtime.getRuntime().availableProcessors());
    // A full queue makes the caller run the task itself, so that calls never wait on each other.
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            most,
            most,
            10,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(4 * most),
            task -> {
              Thread thread = new Thread(task, "bitfold-kernel");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.CallerRunsPolicy());
    executor.allowCoreThreadTimeOut(true);
    this.pool = executor;
  }

  /** The threads that quantizers use. */
  public static KernelThreads shared() {
    return SHARED;
  }

  /** How many threads a call is divided among, the caller's included. */
  public int count() {
    return threads;
  }

  /**
   * Sets how many threads a call is divided among from now on. Results do not depend on it.
   *
   * @param count at least 1, the caller's included
   */
  public void setCount(int count) {
    checkCount(count);
    threads = count;
  }

  private static void checkCount(int count) {
    if (count < 1) {
      throw new IllegalArgumentException(count + " threads; there is at least the caller's");
    }
  }

  /**
   * Runs {@code work} on contiguous shares of {@code length}, in parallel if there are at least two
   * of {@code least}.
   *
   * @param length how many elements there are
   * @param least fewer elements are not worth a thread
   * @param align shares begin at multiples of it
   * @throws IllegalStateException if the work throws on another thread than the caller's
   */
  public void share(int length, int least, int align, Range work) {
    int shares = (int) Math.min(threads, Math.max(1L, (long) length / least));
    if (shares == 1) {
      work.run(0, length);
      return;
    }
    long part = ((long) length / shares + align - 1) / align * align;
    int tasks = (int) ((length + part - 1) / part);
    CountDownLatch done = new CountDownLatch(tasks - 1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    for (int i = 1; i < tasks; i++) {
      int from = (int) (i * part);
      int to = (int) Math.min(length, (i + 1) * part);
      pool.execute(
          () -> {
            try {
              work.run(from, to);
            } catch (RuntimeException | Error e) {
              failure.compareAndSet(null, e);
            } finally {
              done.countDown();
            }
          });
    }
    try {
      work.run(0, (int) Math.min(length, part));
    } finally {
      await(done);
    }
    Throwable thrown = failure.get();
    if (thrown != null) {
      throw new IllegalStateException("a kernel failed", thrown);
    }
  }

  private static void await(CountDownLatch done) {
    boolean interrupted = false;
    while (true) {
      try {
        done.await();
        break;
      } catch (InterruptedException e) {
        // The other shares still write to the caller's tensor: wait for them first.
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
