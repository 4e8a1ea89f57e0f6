/** Writes files whole or not at all, and shows progress. */
@NullMarked
package dev.bitfold.cli.output;

import org.jspecify.annotations.NullMarked;
