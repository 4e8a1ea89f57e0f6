package dev.bitfold.processor.diagnostics;

/**
 * The templates of an id, which share their arguments.
 *
 * @param message what is wrong
 * @param fix what to do
 */
record ProblemText(String message, String fix) {}
