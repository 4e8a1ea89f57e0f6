/**
 * Tells which tensors a layer of Deeplearning4j has, and hooks it: its input through a
 * preprocessor, its output through its activation function.
 */
@NullMarked
package dev.bitfold.dl4j.layer;

import org.jspecify.annotations.NullMarked;
