package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Setting;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Holds the threads of the CPU kernels: a fixed pool of daemon threads, and the caller's own
 * thread. Their number is that of {@code -Dbitfold.threads}, or otherwise the number of processors.
 * Safe for concurrent use.
 */
public final class KernelThreads {
  private static volatile @Nullable KernelThreads shared;

  /** Does a share of the work. */
  @FunctionalInterface
  public interface Range {
    /**
     * Works on the elements {@code from} up to {@code to}.
     *
     * @param from the first element
     * @param to the element after the last one
     */
    void run(int from, int to);
  }

  private static final int SHARES_OF_A_THREAD = 4;

  private volatile int threads;
  private final ExecutorService pool;

  /**
   * Makes threads.
   *
   * @param threads the number of threads with the caller's, at least 1
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

  /**
   * Returns the threads that quantizers use.
   *
   * @throws IllegalArgumentException if the system property is not a whole number from 1
   */
  public static KernelThreads shared() {
    KernelThreads threads = shared;
    if (threads == null) {
      synchronized (KernelThreads.class) {
        threads = shared;
        if (threads == null) {
          threads =
              new KernelThreads(Setting.THREADS.count(Runtime.getRuntime().availableProcessors()));
          shared = threads;
        }
      }
    }
    return threads;
  }

  /** Returns the number of threads that share a call, with the caller's. */
  public int count() {
    return threads;
  }

  /**
   * Sets the number of threads that share a later call. Results do not depend on it.
   *
   * @param count the number of threads with the caller's, at least 1
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
   * shares of {@code least}. There are more shares than threads. A thread takes the next share as
   * it becomes free, so that no thread waits long for one that the system has stopped.
   *
   * @param length the number of elements
   * @param least the number of elements below which a thread does not pay
   * @param align shares begin at multiples of this number
   * @throws RuntimeException if the work throws it on the caller's thread
   * @throws IllegalStateException if the work throws on another thread, or throws an error
   */
  public void share(int length, int least, int align, Range work) {
    int count = (int) Math.min(threads, Math.max(1L, (long) length / least));
    if (count == 1) {
      work.run(0, length);
      return;
    }
    long wanted = Math.max(least, (long) length / count / SHARES_OF_A_THREAD);
    long part = (wanted + align - 1) / align * align;
    int parts = (int) ((length + part - 1) / part);
    Shares shares = new Shares(work, length, part, parts);
    for (int i = 1; i < Math.min(count, parts); i++) {
      pool.execute(shares::run);
    }
    shares.run();
    await(shares.done);
    Failure failure = shares.failure.get();
    if (failure != null) {
      throw failure.thread == Thread.currentThread() && failure.thrown instanceof RuntimeException e
          ? e
          : new IllegalStateException("a kernel failed", failure.thrown);
    }
  }

  private record Failure(Thread thread, Throwable thrown) {}

  /** Divides work into shares. The next thread that asks takes the next share. */
  private static final class Shares {
    private final Range work;
    private final int length;
    private final long part;
    private final int parts;
    private final AtomicInteger next = new AtomicInteger();
    private final CountDownLatch done;
    private final AtomicReference<Failure> failure = new AtomicReference<>();

    Shares(Range work, int length, long part, int parts) {
      this.work = work;
      this.length = length;
      this.part = part;
      this.parts = parts;
      this.done = new CountDownLatch(parts);
    }

    void run() {
      for (int i = next.getAndIncrement(); i < parts; i = next.getAndIncrement()) {
        try {
          // After a failure, shares that no thread has begun are skipped.
          if (failure.get() == null) {
            work.run((int) (i * part), (int) Math.min(length, (i + 1) * part));
          }
        } catch (RuntimeException | Error e) {
          // Set before the share counts as done, because the caller then looks for it.
          failure.compareAndSet(null, new Failure(Thread.currentThread(), e));
        }
        done.countDown();
      }
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
