/**
 * Defines the contract between generated code and the runtime. A {@link
 * dev.bitfold.layer.LayerType} describes a layer class, a {@link dev.bitfold.layer.Component}
 * rebuilds a part of a model, and a {@link dev.bitfold.layer.Walk} passes over a model. {@link
 * dev.bitfold.layer.LayerHooks} decide what happens to a layer's tensors in that pass: {@link
 * dev.bitfold.layer.ArrayHooks} for arrays, {@link dev.bitfold.layer.GraphHooks} for a graph's
 * variables. Imports the annotations and ND4J's arrays and graphs.
 */
@NullMarked
package dev.bitfold.layer;

import org.jspecify.annotations.NullMarked;
