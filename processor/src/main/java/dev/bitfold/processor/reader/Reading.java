package dev.bitfold.processor.reader;

import dev.bitfold.processor.diagnostics.Problems;
import java.util.Optional;

/**
 * What came of reading a class.
 *
 * @param model the class as read; empty if too much is wrong with it. It may be incomplete where
 *     there are problems, and is for validating then, not for generating
 * @param problems what is wrong
 */
public record Reading<T>(Optional<T> model, Problems problems) {}
