package dev.bitfold.processor;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Holds the names of classes that wait for a later round, because elements of one round are not
 * valid in the next. The value is the type that a class waits for.
 */
final class Deferred {
  private Map<String, String> waiting = new LinkedHashMap<>();

  void add(String type, String missing) {
    waiting.put(type, missing);
  }

  /** Returns the waiting classes, and removes them. */
  Map<String, String> take() {
    Map<String, String> taken = waiting;
    waiting = new LinkedHashMap<>();
    return taken;
  }
}
