/** Makes batches of what the command line names: arrays, texts and images. Knows no session. */
@NullMarked
package dev.bitfold.cli.input;

import org.jspecify.annotations.NullMarked;
