package dev.bitfold.processor.reader;

import dev.bitfold.processor.diagnostics.Problems;
import java.util.Optional;

/**
 * Holds the result of reading a class.
 *
 * @param model the class as read; empty if too much is wrong with it. If there are problems, it may
 *     be incomplete; it is then used for validation, but not for generating code
 * @param problems the problems
 */
public record Reading<T>(Optional<T> model, Problems problems) {}
