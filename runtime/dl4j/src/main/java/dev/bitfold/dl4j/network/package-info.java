/** Finds the layers of a network of Deeplearning4j, and makes a network with other layers. */
@NullMarked
package dev.bitfold.dl4j.network;

import org.jspecify.annotations.NullMarked;
