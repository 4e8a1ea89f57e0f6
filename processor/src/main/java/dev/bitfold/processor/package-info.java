/**
 * Contains the annotation processor. In each round, every annotated class passes through the same
 * stages: read what the class declares, resolve that into a model, check the rules, write a file.
 * This package holds the processor and the order of the stages; everything else has a package of
 * its own. Imports all of them.
 */
@NullMarked
package dev.bitfold.processor;

import org.jspecify.annotations.NullMarked;
