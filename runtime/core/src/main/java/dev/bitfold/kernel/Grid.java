package dev.bitfold.kernel;

/** The numbers that an element can take before it is scaled back. */
public sealed interface Grid {
  /** The integers from {@code min} to {@code max}, each below 2^22 in magnitude. */
  record Integers(int min, int max) implements Grid {}
}
