package dev.bitfold.processor;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Classes that wait for a later round, by name: elements of one round are stale in the next. The
 * value is the type that they wait for.
 */
final class Deferred {
  private Map<String, String> waiting = new LinkedHashMap<>();

  void add(String type, String missing) {
    waiting.put(type, missing);
  }

  /** What was waiting, which from now on waits no more. */
  Map<String, String> take() {
    Map<String, String> taken = waiting;
    waiting = new LinkedHashMap<>();
    return taken;
  }
}
