/**
 * Fake quantization in SameDiff graphs, made of ND4J's own operations: trained by {@code sd.fit},
 * calibrated through a listener, saved with the graph; by variable, or by the plan of a model whose
 * layers are of variables. Imports descriptors, quantizers, calibrators, and of core the plan and
 * the layers' hooks.
 */
@NullMarked
package dev.bitfold.samediff;

import org.jspecify.annotations.NullMarked;
