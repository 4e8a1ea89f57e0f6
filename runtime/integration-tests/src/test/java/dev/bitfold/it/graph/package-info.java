/** Models whose layers build a SameDiff graph. */
package dev.bitfold.it.graph;
