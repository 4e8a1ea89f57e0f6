/**
 * Fake quantization in SameDiff graphs, made of ND4J's own operations: trained by {@code sd.fit},
 * calibrated through a listener, saved with the graph. Imports descriptors, quantizers and
 * calibrators; knows nothing of layers.
 */
@NullMarked
package dev.bitfold.samediff;

import org.jspecify.annotations.NullMarked;
