package dev.bitfold.golden;

/**
 * Runs the inputs of a recorded case through the library's public API. At most ten lines: an
 * operation that needs more shows a gap in the API.
 */
@FunctionalInterface
interface GoldenOp {
  /**
   * The library's results, by the names of the case's expected fields. For a case that expects an
   * error, or that the library refuses on purpose, an exception.
   */
  GoldenResult run(GoldenCase golden);
}
