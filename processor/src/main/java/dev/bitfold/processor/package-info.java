/**
 * The annotation processor. Each round it takes every annotated class through the same stages: read
 * what the class declares, resolve that into a model, check the rules, write a file. Here stand the
 * processor and the order of the stages; everything else has a package of its own. Imports all of
 * them.
 */
@NullMarked
package dev.bitfold.processor;

import org.jspecify.annotations.NullMarked;
