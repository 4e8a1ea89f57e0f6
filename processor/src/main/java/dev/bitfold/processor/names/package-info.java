/**
 * Names of types: Bitfold's own and those that are generated. Imports JavaPoet's type names and
 * nothing else.
 */
@NullMarked
package dev.bitfold.processor.names;

import org.jspecify.annotations.NullMarked;
