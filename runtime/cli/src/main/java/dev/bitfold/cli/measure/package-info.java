/** Runs ONNX files side by side and measures how they differ. */
@NullMarked
package dev.bitfold.cli.measure;

import org.jspecify.annotations.NullMarked;
