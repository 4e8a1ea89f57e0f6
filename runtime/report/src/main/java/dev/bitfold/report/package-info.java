/**
 * What quantization did to a model, for people: HTML, JSON and plots. May use core, nothing else of
 * ours.
 */
@NullMarked
package dev.bitfold.report;

import org.jspecify.annotations.NullMarked;
