/**
 * Adds fake quantization to SameDiff graphs, with ND4J's own operations. It is trained by {@code
 * sd.fit}, calibrated through a listener, and saved with the graph. It is added to single
 * variables, or by the plan of a model whose layers hold variables. Imports descriptors, quantizers
 * and calibrators, and of core the plan and the layers' hooks.
 */
@NullMarked
package dev.bitfold.samediff;

import org.jspecify.annotations.NullMarked;
