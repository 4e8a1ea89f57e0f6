package dev.bitfold.processor.diagnostics;

/**
 * Holds the templates of an id, which share their arguments.
 *
 * @param message what is wrong
 * @param fix the remedy
 */
record ProblemText(String message, String fix) {}
