/** The {@code bitfold} command: looks into files. May use everything below it. */
@NullMarked
package dev.bitfold.cli;

import org.jspecify.annotations.NullMarked;
