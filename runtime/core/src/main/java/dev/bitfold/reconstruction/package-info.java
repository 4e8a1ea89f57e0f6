/**
 * Chooses the codes and scales of weights by what a layer computes with them, and not by rounding
 * each weight alone: least-squares scales, GPTQ, and coordinate descent, layer after layer.
 */
@NullMarked
package dev.bitfold.reconstruction;

import org.jspecify.annotations.NullMarked;
