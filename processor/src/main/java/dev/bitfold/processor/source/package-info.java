/**
 * Handles Java source as text: literals, and the layout of files. Knows nothing of layers. Imports
 * only JavaPoet.
 */
@NullMarked
package dev.bitfold.processor.source;

import org.jspecify.annotations.NullMarked;
