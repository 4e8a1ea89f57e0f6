/**
 * The network, as ordinary Java on ND4J: layers hold their weights and compute. It knows no files,
 * no text and no data.
 */
package dev.bitfold.examples.embeddings.model;
