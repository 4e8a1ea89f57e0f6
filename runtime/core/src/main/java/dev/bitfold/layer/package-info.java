/**
 * What generated code and the runtime agree on: a {@link dev.bitfold.layer.LayerType} describes a
 * layer class, a {@link dev.bitfold.layer.Component} rebuilds a part of a model, a {@link
 * dev.bitfold.layer.Walk} is one pass over a model, and {@link dev.bitfold.layer.LayerHooks} decide
 * what becomes of a layer's tensors in that pass: {@link dev.bitfold.layer.ArrayHooks} of arrays,
 * {@link dev.bitfold.layer.GraphHooks} of a graph's variables. Imports the annotations and ND4J's
 * arrays and graphs.
 */
@NullMarked
package dev.bitfold.layer;

import org.jspecify.annotations.NullMarked;
