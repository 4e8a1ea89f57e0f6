/**
 * Names types: Bitfold's own, and the generated ones. Imports JavaPoet's type names and nothing
 * else.
 */
@NullMarked
package dev.bitfold.processor.names;

import org.jspecify.annotations.NullMarked;
