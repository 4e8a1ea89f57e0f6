package dev.bitfold.benchmarks.peer;

import java.util.concurrent.CompletableFuture;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** Copies with the C library's memcpy. Large copies use as many threads as the kernels have. */
final class MemoryCopy implements Runnable {
  // As in our kernels: below this size, handing work to threads takes longer than the work.
  private static final long MIN_SHARED = 256 * 1024 * Float.BYTES;

  private final Pointer from;
  private final Pointer to;
  private final long bytes;
  private final int threads;

  MemoryCopy(Pointer from, Pointer to, long bytes, int threads) {
    this.from = from;
    this.to = to;
    this.bytes = bytes;
    this.threads = bytes < MIN_SHARED ? 1 : threads;
  }

  @Override
  public void run() {
    CompletableFuture<?>[] others = new CompletableFuture<?>[threads - 1];
    for (int i = 1; i < threads; i++) {
      int part = i;
      others[i - 1] = CompletableFuture.runAsync(() -> copy(part));
    }
    copy(0);
    CompletableFuture.allOf(others).join();
  }

  private void copy(int part) {
    long begin = bytes * part / threads;
    long end = bytes * (part + 1) / threads;
    Pointer source = new BytePointer(from).position(begin);
    Pointer target = new BytePointer(to).position(begin);
    Pointer.memcpy(target, source, end - begin);
  }
}
