/** Names of types: Bitfold's own and those that are generated. Imports JavaPoet alone. */
@NullMarked
package dev.bitfold.processor.names;

import org.jspecify.annotations.NullMarked;
