package dev.bitfold.internal.replay;

import java.util.Iterator;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Iterates over elements, and knows the one that was given last. */
final class Latest<T> implements Iterator<T> {
  private final Iterator<? extends T> elements;
  private @Nullable T latest;

  Latest(Iterator<? extends T> elements) {
    this.elements = elements;
  }

  /** Returns the element that was given last; empty before the first. */
  Optional<T> get() {
    return Optional.ofNullable(latest);
  }

  @Override
  public boolean hasNext() {
    return elements.hasNext();
  }

  @Override
  public T next() {
    T next = elements.next();
    latest = next;
    return next;
  }
}
