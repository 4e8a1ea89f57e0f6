/**
 * Shows people the effect of quantization on a model, as HTML, JSON and plots. Imports core, and no
 * other module of Bitfold.
 */
@NullMarked
package dev.bitfold.report;

import org.jspecify.annotations.NullMarked;
