package dev.bitfold.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Holds the objects that a JVM has made last, each once, by a key. Safe for concurrent use. */
final class Remembered<T> {
  private final int most;
  private final Map<String, CompletableFuture<T>> objects = new LinkedHashMap<>(4, 0.75f, true);

  /**
   * Remembers nothing yet.
   *
   * @param most the number of objects
   */
  Remembered(int most) {
    this.most = most;
  }

  void put(String key, T object) {
    synchronized (this) {
      objects.put(key, CompletableFuture.completedFuture(object));
      trim();
    }
  }

  synchronized void remove(String key) {
    objects.remove(key);
  }

  /** Returns the object of a key, and makes it if it is not remembered. Others wait meanwhile. */
  T get(String key, Callable<T> maker) throws Exception {
    CompletableFuture<T> own = new CompletableFuture<>();
    CompletableFuture<T> found;
    synchronized (this) {
      found = objects.computeIfAbsent(key, k -> own);
      trim();
    }
    if (found == own) {
      try {
        own.complete(maker.call());
      } catch (Exception | LinkageError e) {
        own.completeExceptionally(e);
        remove(key);
      }
    }
    try {
      return found.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private void trim() {
    while (objects.size() > most) {
      objects.remove(objects.keySet().iterator().next());
    }
  }
}
